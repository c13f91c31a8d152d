//! Seats: a bounded number of something, and of these a bounded number for each client address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Gives out seats.
#[derive(Debug, Clone)]
pub(crate) struct Seats {
    most: usize,
    most_of_an_address: usize,
    /// Held for as long as it takes to count.
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// One seat, until it is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    seats: Seats,
    address: IpAddr,
}

impl Seats {
    pub(crate) fn new(most: usize, most_of_an_address: usize) -> Self {
        Self { most, most_of_an_address, taken: Arc::default() }
    }

    /// A seat, if there is one for this address.
    pub(crate) fn take(&self, address: IpAddr) -> Option<Seat> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.values().sum::<usize>() >= self.most {
            return None;
        }
        let own = taken.entry(address).or_default();
        if *own >= self.most_of_an_address {
            return None;
        }
        *own += 1;
        drop(taken);
        Some(Seat { seats: self.clone(), address })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = taken.get_mut(&self.address) {
            *own -= 1;
            if *own == 0 {
                taken.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_cannot_take_every_seat() {
        let [one, two] = [1, 2].map(|last| IpAddr::from([10, 0, 0, last]));
        let seats = Seats::new(3, 2);
        let first = seats.take(one).unwrap();
        let _second = seats.take(one).unwrap();
        assert!(seats.take(one).is_none());
        let _third = seats.take(two).unwrap();
        assert!(seats.take(two).is_none(), "all are taken");
        drop(first);
        assert!(seats.take(two).is_some());
        assert_eq!(seats.taken.lock().unwrap().len(), 2);
    }
}
