// The tag of each card and relation of the access map that has a change's colour; "" where there is none.
(() => [...document.querySelectorAll('.map :is(.card, .relation):is(.broadened, .narrowed, .both)')]
  .map(node => node.querySelector(':scope > .tag, :scope > p > .tag')?.textContent ?? ''))()
