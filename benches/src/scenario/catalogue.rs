//! All scenarios.

use super::{Comparison, Compression, Load, Scenario};
use sockeye_bench_data::payload::Content;

/// All scenarios. The first 18 are the rows of the table in the documentation.
pub const ALL: &[Scenario] = &[
    echo("text-16", 64, 1, Content::Ascii, 16),
    echo("binary-1k", 64, 1, Content::Binary, KIB),
    echo("text-16-pipelined", 16, 32, Content::Ascii, 16),
    echo("ascii-1k-pipelined", 16, 32, Content::Ascii, KIB),
    echo("mixed-1k-pipelined", 16, 32, Content::Mixed, KIB),
    echo("binary-64k", 4, 4, Content::Binary, 64 * KIB),
    echo("ascii-64k", 4, 4, Content::Ascii, 64 * KIB),
    echo("mixed-64k", 4, 4, Content::Mixed, 64 * KIB),
    echo("binary-1m", 2, 1, Content::Binary, MIB),
    echo("binary-16m", 1, 1, Content::Binary, 16 * MIB),
    deflate("deflate-1k", KIB, Compression::Default),
    deflate("deflate-1k-fast", KIB, Compression::Fast),
    deflate("deflate-16k", 16 * KIB, Compression::Default),
    deflate("deflate-16k-fast", 16 * KIB, Compression::Fast),
    HANDSHAKES,
    idle("idle", Compression::Off, false),
    idle("idle-deflate", Compression::Default, false),
    idle("idle-deflate-released", Compression::Default, true),
    echo("edge-0", 16, 4, Content::Binary, 0),
    echo("edge-125", 16, 4, Content::Binary, 125),
    echo("edge-126", 16, 4, Content::Binary, 126),
    echo("edge-4096", 16, 16, Content::Binary, 4 * KIB),
    echo("edge-16384", 16, 4, Content::Binary, 16 * KIB),
    echo("edge-65535", 16, 4, Content::Binary, 65_535),
    echo("edge-65536", 16, 4, Content::Binary, 65_536),
    fragments("fragments-1", 1),
    fragments("fragments-64", 64),
    fragments("fragments-512", 512),
    fragments("fragments-4096", 4096),
    echo("growth-1", 1, 1, Content::Ascii, 16),
    echo("growth-10", 10, 1, Content::Ascii, 16),
    echo("growth-100", 100, 1, Content::Ascii, 16),
    echo("growth-1000", 1000, 1, Content::Ascii, 16),
    echo("growth-10000", 10_000, 1, Content::Ascii, 16),
    echo("size-1m", 1, 1, Content::Binary, MIB),
    echo("size-8m", 1, 1, Content::Binary, 8 * MIB),
    echo("size-64m", 1, 1, Content::Binary, 64 * MIB),
    echo("clients-text-16", 64, 1, Content::Ascii, 16).among(Comparison::Clients),
    echo("clients-text-16-pipelined", 16, 32, Content::Ascii, 16).among(Comparison::Clients),
    echo("clients-binary-1k", 64, 1, Content::Binary, KIB).among(Comparison::Clients),
    echo("clients-binary-1k-pipelined", 16, 32, Content::Binary, KIB).among(Comparison::Clients),
    echo("clients-binary-64k", 4, 1, Content::Binary, 64 * KIB).among(Comparison::Clients),
    echo("clients-binary-64k-pipelined", 4, 4, Content::Binary, 64 * KIB)
        .among(Comparison::Clients),
    echo("clients-binary-1m", 2, 1, Content::Binary, MIB).among(Comparison::Clients),
    echo("clients-binary-1m-pipelined", 2, 4, Content::Binary, MIB).among(Comparison::Clients),
    echo("split-text-16", 64, 1, Content::Ascii, 16).among(Comparison::Split),
    echo("split-text-16-pipelined", 16, 32, Content::Ascii, 16).among(Comparison::Split),
    echo("split-binary-1k", 64, 1, Content::Binary, KIB).among(Comparison::Split),
    echo("split-binary-64k", 4, 4, Content::Binary, 64 * KIB).among(Comparison::Split),
    echo("split-binary-1m", 2, 1, Content::Binary, MIB).among(Comparison::Split),
    echo("tls-text-16", 64, 1, Content::Ascii, 16).among(Comparison::Tls),
    echo("tls-text-16-pipelined", 16, 32, Content::Ascii, 16).among(Comparison::Tls),
    echo("tls-binary-1k", 64, 1, Content::Binary, KIB).among(Comparison::Tls),
    echo("tls-binary-64k", 4, 4, Content::Binary, 64 * KIB).among(Comparison::Tls),
    echo("tls-binary-1m", 2, 1, Content::Binary, MIB).among(Comparison::Tls),
    echo("runtimes-text-16", 64, 1, Content::Ascii, 16).among(Comparison::Runtimes),
    echo("runtimes-text-16-pipelined", 16, 32, Content::Ascii, 16).among(Comparison::Runtimes),
    echo("runtimes-binary-1k", 64, 1, Content::Binary, KIB).among(Comparison::Runtimes),
    echo("runtimes-binary-64k", 4, 4, Content::Binary, 64 * KIB).among(Comparison::Runtimes),
    echo("runtimes-binary-1m", 2, 1, Content::Binary, MIB).among(Comparison::Runtimes),
];

const fn echo(
    name: &'static str,
    connections: usize,
    window: usize,
    content: Content,
    size: usize,
) -> Scenario {
    let load = Load::Echo { window, content, size, fragments: 1 };
    Scenario { name, comparison: Comparison::Servers, connections, load }
}

/// A message in fragments of 64 bytes each.
const fn fragments(name: &'static str, fragments: usize) -> Scenario {
    let load = Load::Echo { window: 1, content: Content::Ascii, size: 64 * fragments, fragments };
    Scenario { name, comparison: Comparison::Servers, connections: 4, load }
}

const fn deflate(name: &'static str, size: usize, setting: Compression) -> Scenario {
    let load = Load::Deflate { window: 4, size, setting };
    Scenario { name, comparison: Comparison::Servers, connections: 16, load }
}

const fn idle(name: &'static str, setting: Compression, until_ping: bool) -> Scenario {
    let load = Load::Idle { setting, until_ping };
    Scenario { name, comparison: Comparison::Servers, connections: 10_000, load }
}

const HANDSHAKES: Scenario = Scenario {
    name: "handshakes",
    comparison: Comparison::Servers,
    connections: 16,
    load: Load::Handshakes,
};

const KIB: usize = 1 << 10;
const MIB: usize = 1 << 20;

impl Scenario {
    const fn among(self, comparison: Comparison) -> Self {
        Self { comparison, ..self }
    }
}
