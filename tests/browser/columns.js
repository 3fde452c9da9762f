// The position, title and font sizes of each column of the access map.
(() => [...document.querySelectorAll('.map > div')].map(column => {
  const {left, right, top, bottom} = column.getBoundingClientRect();
  const fontSizes = [...column.querySelectorAll('*')].map(node => parseFloat(getComputedStyle(node).fontSize));
  return {title: column.querySelector('h3').textContent, left, right, top, bottom, fontSizes};
}))()
