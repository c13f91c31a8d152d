//! How a gateway is read: drivers, poller, schedule, breaker.
