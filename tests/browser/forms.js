// The lines of a relation and a card in the access map for each kind of change, without colors.
(() => ['relation', 'card'].map(name => ['unchanged', 'broadened', 'narrowed', 'both'].map(kind => {
  const item = document.createElement('li');
  item.setAttribute('class', `${name} ${kind}`);
  document.querySelector('.map ul').append(item);
  const style = getComputedStyle(item);
  return `${style.borderLeftWidth} ${style.borderLeftStyle}`;
})))()
