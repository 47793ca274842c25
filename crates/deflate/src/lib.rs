#![forbid(unsafe_code)]
//! permessage-deflate (RFC 7692): parameters, negotiation, compressor, decompressor.
