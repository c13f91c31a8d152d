//! Plants that follow the sun and misbehave on demand, behind real sockets.
