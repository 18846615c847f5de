"""tracing: what the recorded writes tell: chains, source maps, annotations, and what is masked."""
