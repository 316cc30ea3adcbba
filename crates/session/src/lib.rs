//! One viewer as a state machine without IO, clock or thread.
