// How the line of each kind of change is drawn, colour aside.
(() => ['unchanged', 'broadened', 'narrowed', 'both'].map(kind => {
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  line.setAttribute('class', `line ${kind}`);
  document.querySelector('svg.wide').append(line);
  const style = getComputedStyle(line);
  return `${style.strokeWidth} ${style.strokeDasharray}`;
}))()
