//! JSON as in real applications: similar records with different numbers.

use std::fmt::Write;

use crate::payload::next_random;

/// Returns `count` different messages of exactly `size` bytes each.
pub fn messages(count: usize, size: usize) -> Vec<Vec<u8>> {
    let mut state = 7;
    (0..count).map(|sequence| message(sequence, size, &mut state).into_bytes()).collect()
}

fn message(sequence: usize, size: usize, state: &mut u64) -> String {
    const END: &str = "],\"note\":\"\"}";
    let mut text = format!("{{\"type\":\"trades\",\"sequence\":{sequence},\"trades\":[");
    let mut separator = "";
    loop {
        let record = record(state);
        if text.len() + separator.len() + record.len() + END.len() > size {
            break;
        }
        text.push_str(separator);
        text.push_str(&record);
        separator = ",";
    }
    text.push_str("],\"note\":\"");
    while text.len() + 2 < size {
        text.push('.');
    }
    text.push_str("\"}");
    text
}

fn record(state: &mut u64) -> String {
    let random = next_random(state);
    let symbol = SYMBOLS[(random % 16) as usize];
    let side = if random & 0x10 == 0 { "buy" } else { "sell" };
    let (price, cents) = ((random >> 8) % 400 + 100, (random >> 20) % 100);
    let (amount, fraction) = ((random >> 28) % 90 + 1, (random >> 36) % 10_000);
    let id = next_random(state) >> 24;
    let mut text = String::with_capacity(128);
    let written = write!(
        text,
        "{{\"id\":\"{id:010x}\",\"symbol\":\"{symbol}\",\"side\":\"{side}\",\"price\":{price}.{cents:02},\
         \"amount\":{amount}.{fraction:04},\"maker\":{}}}",
        random & 0x20 == 0,
    );
    debug_assert!(written.is_ok(), "writing to a string cannot fail");
    text
}

const SYMBOLS: [&str; 16] = [
    "BTC-EUR", "BTC-USD", "ETH-EUR", "ETH-USD", "SOL-EUR", "SOL-USD", "XRP-EUR", "XRP-USD",
    "ADA-EUR", "ADA-USD", "DOT-EUR", "DOT-USD", "LTC-EUR", "LTC-USD", "XMR-EUR", "XMR-USD",
];

#[cfg(test)]
mod tests {
    use super::messages;

    #[test]
    fn every_message_has_the_requested_size() {
        for size in [1024, 16_384] {
            assert!(messages(64, size).iter().all(|message| message.len() == size));
        }
    }

    #[test]
    fn no_two_messages_are_the_same() {
        let mut all = messages(64, 1024);
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 64);
    }
}
