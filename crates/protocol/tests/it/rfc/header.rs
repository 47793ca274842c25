//! The fields of a header: [RFC 6455 §5.2](https://www.rfc-editor.org/rfc/rfc6455#section-5.2).

use sockeye_errors::ProtocolError;

use super::wire::{assert_fails, bare, client, masked, server};

#[test]
fn a_reserved_bit_without_an_extension_fails_the_connection() {
    for rsv in 1..8 {
        for opcode in [1, 2, 8, 9, 10] {
            let first = 0x80 | rsv << 4 | opcode;
            assert_fails(client(), &bare(first, b""), ProtocolError::ReservedBits, 1002);
            assert_fails(server(), &masked(first, b""), ProtocolError::ReservedBits, 1002);
        }
    }
}

#[test]
fn a_reserved_opcode_fails_the_connection() {
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        let error = ProtocolError::ReservedOpcode { opcode };
        assert_fails(client(), &bare(0x80 | opcode, b""), error, 1002);
        assert_fails(server(), &masked(0x80 | opcode, b""), error, 1002);
    }
}
