//! The hub of streams on one port: sockets, HTTP side channel, auth and metrics.
