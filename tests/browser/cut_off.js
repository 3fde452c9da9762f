// Every text of a drawing that is seen and ends beyond its box.
(() => [...document.querySelectorAll('figure svg svg text')].filter(text => {
  const box = text.parentElement.querySelector('rect').getBoundingClientRect();
  return box.width && text.getBoundingClientRect().right > box.right;
}).map(text => text.textContent))()
