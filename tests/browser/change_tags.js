// The tag of each card and relation in the access map with the color of a change; "" if it has none.
(() => [...document.querySelectorAll('.map :is(.card, .relation):is(.broadened, .narrowed, .both)')]
  .map(node => node.querySelector(':scope > .tag, :scope > p > .tag')?.textContent ?? ''))()
