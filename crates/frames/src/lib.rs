#![forbid(unsafe_code)]
//! WebSocket frames (RFC 6455 section 5): header codec, opcodes, masking, incremental UTF-8.
