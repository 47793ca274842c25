//! The handshakes in progress, by age and by address.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::{IpAddr, Ipv6Addr},
    sync::Arc,
};

use sockeye_connection::CommandQueue;

/// The limits for handshakes in progress.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HandshakeLimits {
    pub(crate) total: usize,
    pub(crate) per_address: usize,
}

impl Default for HandshakeLimits {
    fn default() -> Self {
        Self { total: 4096, per_address: 1024 }
    }
}

/// The handshakes in progress.
///
/// A client that opens connections and sends nothing must not keep others out. So a new handshake always has a place: if
/// there are too many, the oldest one loses its place. It has had the most time to complete.
#[derive(Debug, Default)]
pub(crate) struct PendingHandshakes {
    /// By age: keys ascend.
    entries: BTreeMap<u64, Entry>,
    /// The keys of each address.
    addresses: HashMap<IpAddr, BTreeSet<u64>>,
}

#[derive(Debug)]
struct Entry {
    commands: Arc<CommandQueue>,
    /// The address that the handshake counts for. A Unix socket has none.
    address: Option<IpAddr>,
}

impl PendingHandshakes {
    /// Adds the handshake with the highest `key`. Returns the one that loses its place, if there are too many.
    pub(crate) fn insert(
        &mut self,
        key: u64,
        commands: Arc<CommandQueue>,
        peer: Option<IpAddr>,
        limits: HandshakeLimits,
    ) -> Option<Arc<CommandQueue>> {
        let address = peer.map(shared_address);
        let oldest_of_address = address
            .and_then(|address| self.addresses.get(&address))
            .filter(|keys| keys.len() >= limits.per_address)
            .and_then(BTreeSet::first)
            .copied();
        let oldest = match oldest_of_address {
            None if self.entries.len() >= limits.total => self.oldest(),
            oldest => oldest,
        };
        let ended = oldest.and_then(|key| self.remove(key));
        self.entries.insert(key, Entry { commands, address });
        if let Some(address) = address {
            self.addresses.entry(address).or_default().insert(key);
        }
        ended
    }

    /// Removes a handshake, unless it has lost its place.
    pub(crate) fn remove(&mut self, key: u64) -> Option<Arc<CommandQueue>> {
        let Entry { commands, address } = self.entries.remove(&key)?;
        if let Some(address) = address
            && let Some(keys) = self.addresses.get_mut(&address)
        {
            keys.remove(&key);
            if keys.is_empty() {
                self.addresses.remove(&address);
            }
        }
        Some(commands)
    }

    /// Removes the oldest quarter of the handshakes.
    pub(crate) fn remove_oldest_quarter(&mut self) -> Vec<Arc<CommandQueue>> {
        let count = self.entries.len() / 4;
        (0..count).filter_map(|_| self.oldest().and_then(|key| self.remove(key))).collect()
    }

    /// Returns the commands of all handshakes.
    pub(crate) fn commands(&self) -> Vec<Arc<CommandQueue>> {
        self.entries.values().map(|entry| Arc::clone(&entry.commands)).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    fn oldest(&self) -> Option<u64> {
        self.entries.first_key_value().map(|(&key, _)| key)
    }
}

/// Returns the address that all connections of a peer share: for IPv6 the prefix of 64 bits, all addresses of which belong to
/// one network (RFC 4291 §2.5.4).
fn shared_address(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds handshakes of these peers in order, and returns the keys that are left.
    fn left_of<const N: usize>(total: usize, per_address: usize, peers: [&str; N]) -> Vec<u64> {
        let limits = HandshakeLimits { total, per_address };
        let mut handshakes = PendingHandshakes::default();
        for (key, peer) in (0..).zip(peers) {
            let peer = peer.parse().ok();
            let ended = handshakes.insert(key, Arc::default(), peer, limits);
            assert!(ended.is_none_or(|commands| Arc::strong_count(&commands) == 1));
        }
        let left: Vec<_> = handshakes.entries.keys().copied().collect();
        for key in 0..10 {
            handshakes.remove(key);
        }
        assert!(handshakes.is_empty() && handshakes.addresses.is_empty());
        left
    }

    #[test]
    fn the_oldest_handshake_makes_room_for_a_new_one() {
        assert_eq!(left_of(2, 2, ["192.0.2.1", "192.0.2.2", "192.0.2.3"]), [1, 2]);
        assert_eq!(left_of(2, 9, ["unix", "unix", "unix", "unix"]), [2, 3]);
    }

    #[test]
    fn an_address_at_its_limit_makes_room_itself() {
        let peers = ["192.0.2.9", "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.8"];
        assert_eq!(left_of(9, 2, peers), [0, 2, 3, 4]);
    }

    #[test]
    fn the_addresses_of_one_network_share_their_limit() {
        assert_eq!(left_of(9, 1, ["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"]), [1, 2]);
        assert_eq!(left_of(9, 1, ["192.0.2.1", "::ffff:192.0.2.1", "::ffff:192.0.2.2"]), [1, 2]);
    }

    #[test]
    fn a_quarter_of_the_handshakes_ends_at_once() {
        let mut handshakes = PendingHandshakes::default();
        for key in 0..9 {
            handshakes.insert(key, Arc::default(), None, HandshakeLimits::default());
        }
        assert_eq!(handshakes.remove_oldest_quarter().len(), 2);
        assert_eq!(handshakes.entries.keys().next(), Some(&2));
    }
}
