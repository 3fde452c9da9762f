// Every text of the access map that is partly outside its card or clipped.
(() => [...document.querySelectorAll('.card')].flatMap(card => {
  const box = card.getBoundingClientRect();
  const outside = ({left, right, top, bottom}) =>
    left < box.left || right > box.right || top < box.top || bottom > box.bottom;
  const texts = [];
  const walker = document.createTreeWalker(card, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (walker.currentNode.textContent.trim()) texts.push(walker.currentNode);
  return texts.filter(text => {
    const range = document.createRange();
    range.selectNodeContents(text);
    const rects = [...range.getClientRects()];
    return !rects.length || rects.some(outside) || getComputedStyle(text.parentElement).overflow !== 'visible';
  }).map(text => text.textContent);
}))()
