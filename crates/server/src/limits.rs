use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// What others may take of the server.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// Viewers at a time; further ones are closed with 1013.
    pub viewers: usize,
    /// Viewers at a time from one address (of IPv6: one /64 network); 0 for no limit. Loopback addresses don't count.
    pub viewers_per_address: usize,
    /// Connections at a time beside the viewers, for pages and metrics; further ones are refused with status 503.
    pub other_connections: usize,
    /// The time that a client has for the header of a request, and for TLS before that.
    pub header: Duration,
    /// The time that a request may take, its body included.
    pub request: Duration,
    /// Bytes of a request's body.
    pub body_bytes: usize,
    /// Files of a stream's past that are sent at a time; further ones are refused with status 503. What one sends stays
    /// in memory until it is sent, also when the stream no longer keeps it.
    pub saves: usize,
    /// The time that the authentication hook has; then the answer is no.
    pub authentication: Duration,
    /// The time that viewers and requests have to end once the server shuts down.
    pub drain: Duration,
    /// What one viewer may do.
    pub session: framewire_session::Limits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            viewers: 2000,
            viewers_per_address: 64,
            other_connections: 512,
            header: Duration::from_secs(10),
            request: Duration::from_secs(30),
            body_bytes: 64 << 10,
            saves: 2,
            authentication: Duration::from_secs(10),
            drain: Duration::from_secs(2),
            session: framewire_session::Limits::default(),
        }
    }
}

/// Counts who is inside, in all and by address.
#[derive(Debug)]
pub(crate) struct Gate {
    most: usize,
    most_per_address: usize,
    inside: Mutex<Inside>,
}

#[derive(Debug, Default)]
struct Inside {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A place inside; dropping it leaves.
#[derive(Debug)]
pub(crate) struct Permit {
    gate: Arc<Gate>,
    address: Option<IpAddr>,
}

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    All,
    Address,
}

impl Gate {
    pub(crate) fn new(most: usize, most_per_address: usize) -> Arc<Self> {
        Arc::new(Self { most, most_per_address, inside: Mutex::default() })
    }

    pub(crate) fn enter(self: &Arc<Self>, address: Option<IpAddr>) -> Result<Permit, Full> {
        let address = address.map(network).filter(|a| self.most_per_address > 0 && !a.is_loopback());
        let mut inside = self.lock();
        if inside.all >= self.most {
            return Err(Full::All);
        }
        if let Some(address) = address {
            let count = inside.by_address.entry(address).or_default();
            if *count >= self.most_per_address {
                return Err(Full::Address);
            }
            *count += 1;
        }
        inside.all += 1;
        Ok(Permit { gate: Arc::clone(self), address })
    }

    pub(crate) fn inside(&self) -> usize {
        self.lock().all
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut inside = self.gate.lock();
        inside.all -= 1;
        if let Some(address) = self.address
            && let Some(count) = inside.by_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                inside.by_address.remove(&address);
            }
        }
    }
}

/// One customer of an IPv6 provider has a whole /64.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => {
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)))
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn places_are_bounded_and_free_again_after_a_drop() {
        let gate = Gate::new(2, 0);
        let first = gate.enter(None).unwrap();
        let _second = gate.enter(address("192.0.2.1")).unwrap();
        assert_eq!(gate.enter(None).unwrap_err(), Full::All);
        drop(first);
        assert!(gate.enter(None).is_ok());
        assert_eq!(gate.inside(), 1);
    }

    #[test]
    fn one_address_can_not_take_every_place() {
        let gate = Gate::new(100, 2);
        let held: Vec<_> = (0..2).map(|_| gate.enter(address("192.0.2.1")).unwrap()).collect();
        assert_eq!(gate.enter(address("192.0.2.1")).unwrap_err(), Full::Address);
        assert_eq!(gate.enter(address("::ffff:192.0.2.1")).unwrap_err(), Full::Address);
        let _other = gate.enter(address("192.0.2.2")).unwrap();
        drop(held);
        assert!(gate.enter(address("192.0.2.1")).is_ok());
        assert_eq!(gate.lock().by_address.len(), 1, "an address that left is forgotten");
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_together_and_loopback_does_not_count() {
        let gate = Gate::new(100, 1);
        let _held = gate.enter(address("2001:db8::1")).unwrap();
        assert_eq!(gate.enter(address("2001:db8::ffff:2")).unwrap_err(), Full::Address);
        assert!(gate.enter(address("2001:db8:0:1::1")).is_ok());
        let _local: Vec<_> = (0..5).map(|_| gate.enter(address("127.0.0.1")).unwrap()).collect();
        let _local6: Vec<_> = (0..5).map(|_| gate.enter(address("::1")).unwrap()).collect();
    }
}
