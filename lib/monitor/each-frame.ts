/** Renders at most once for each frame of the screen, however often something changes. */
export function eachFrame(render: () => void): () => void {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      render();
    });
  };
}
