// The whole text of each box of the drawing in which something has a change's colour.
(() => [...document.querySelectorAll('svg.wide svg')]
  .filter(box => box.querySelector('text.broadened, text.narrowed, text.both'))
  .map(box => [...box.querySelectorAll('text')].map(text => text.textContent).join(' ')))()
