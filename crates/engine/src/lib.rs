//! Streams, renditions and pipelines: from a published frame to shared access units.
