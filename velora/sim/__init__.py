"""The simulated venue: matching, queues, latency."""
