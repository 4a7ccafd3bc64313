"""An hour of mixed load on `covermock serve`, with its memory, descriptors and threads sampled, drawn and judged."""
