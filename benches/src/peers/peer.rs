//! A peer: a server or a client that is measured, and the command that starts it.

use std::io;
use std::process::Command;

use super::{ClientLoad, Outcome, Setup, external};
use crate::load::tls_certificate;
use crate::report::RAW;
use crate::scenario::{Compression, Load, Scenario};

/// A library in one mode, or a raw echo.
#[derive(Debug)]
pub struct Peer {
    pub name: &'static str,
    /// The package whose version the report shows.
    package: &'static str,
    /// The compression settings that the peer supports.
    compression: &'static [Compression],
    /// The raw echo that its costs are compared with. A raw echo names itself.
    pub raw_echo: &'static str,
    /// Whether it uses TLS.
    pub tls: bool,
    /// Whether an idle connection releases memory after some seconds, and sends a ping then.
    releases_memory: bool,
    scope: Scope,
    pub(super) program: Program,
}

/// The scenarios that a peer takes part in.
#[derive(Clone, Copy, Debug)]
enum Scope {
    /// All that its other properties allow.
    All,
    /// Those that measure both modes of a library, since this is the second mode.
    BothModes,
    /// Those that measure the memory of idle connections.
    Idle,
}

/// The program of a peer.
#[derive(Debug)]
pub(super) enum Program {
    /// A server in this program.
    Server(fn(Setup) -> Outcome),
    /// A client in this program.
    Client(fn(ClientLoad) -> Outcome),
    /// A server in another program, if that is installed.
    External(fn() -> Option<Command>),
}

impl Peer {
    /// Creates a server in this program.
    pub const fn server(
        name: &'static str,
        package: &'static str,
        serve: fn(Setup) -> Outcome,
    ) -> Self {
        Self::new(name, package, Program::Server(serve))
    }

    /// Creates a client in this program.
    pub const fn client(
        name: &'static str,
        package: &'static str,
        run: fn(ClientLoad) -> Outcome,
    ) -> Self {
        Self::new(name, package, Program::Client(run))
    }

    /// Creates a server in another program.
    pub const fn external(
        name: &'static str,
        package: &'static str,
        command: fn() -> Option<Command>,
    ) -> Self {
        Self::new(name, package, Program::External(command))
    }

    const fn new(name: &'static str, package: &'static str, program: Program) -> Self {
        Self {
            name,
            package,
            compression: &[],
            raw_echo: RAW,
            tls: false,
            releases_memory: false,
            scope: Scope::All,
            program,
        }
    }

    pub(super) const fn with_compression(self, compression: &'static [Compression]) -> Self {
        Self { compression, ..self }
    }

    #[cfg_attr(
        not(feature = "sockeye"),
        expect(dead_code, reason = "only Sockeye releases memory of idle connections")
    )]
    pub(super) const fn releasing_memory(self) -> Self {
        Self { releases_memory: true, ..self }
    }

    /// Marks the second mode of a library.
    #[cfg_attr(
        not(any(
            feature = "batch",
            feature = "fastwebsockets",
            feature = "sockeye",
            feature = "soketto",
            feature = "tokio-websockets",
            feature = "web-socket"
        )),
        expect(dead_code, reason = "no peer in this build has two modes")
    )]
    pub const fn second_mode(self) -> Self {
        Self { scope: Scope::BothModes, ..self }
    }

    pub(super) const fn only_idle(self) -> Self {
        Self { scope: Scope::Idle, ..self }
    }

    pub(super) const fn over_tls(self) -> Self {
        Self { tls: true, ..self }
    }

    /// Sets the raw echo that the peer is compared with.
    pub(super) const fn relative_to(self, raw_echo: &'static str) -> Self {
        Self { raw_echo, ..self }
    }

    /// Returns whether the peer is a raw echo, which returns the bytes that it reads.
    pub fn is_raw(&self) -> bool {
        self.name == self.raw_echo
    }

    /// Returns whether the peer can take part in `scenario`.
    pub fn supports(&self, scenario: &Scenario) -> bool {
        let compression = scenario.compression();
        let is_in_scope = match self.scope {
            Scope::All => true,
            Scope::BothModes => scenario.has_both_modes(),
            Scope::Idle => matches!(scenario.load, Load::Idle { .. }),
        };
        is_in_scope
            && (compression == Compression::Off || self.compression.contains(&compression))
            && (self.releases_memory || !scenario.waits_for_ping())
            && (!self.is_raw() || scenario.has_raw_echo())
    }

    /// Returns whether the peer is part of this program.
    pub fn is_internal(&self) -> bool {
        !matches!(self.program, Program::External(_))
    }

    /// Returns whether the peer can be started.
    pub fn is_installed(&self) -> bool {
        !matches!(self.program, Program::External(command) if command().is_none())
    }

    /// Returns the command that starts the server.
    pub fn server_command(&self, scenario: &Scenario) -> io::Result<Command> {
        let compression = scenario.compression();
        if let Program::External(command) = self.program {
            let mut command = command().ok_or_else(|| io::Error::other(NOT_INSTALLED))?;
            command.arg(compression.name());
            return Ok(command);
        }
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["server", self.name, "--compression", compression.name()]);
        if scenario.waits_for_ping() {
            command.arg("--ping");
        }
        command.env("ASYNC_STD_THREAD_COUNT", "1");
        if self.tls {
            tls_certificate::pass_to_child(&mut command)?;
        }
        Ok(command)
    }

    /// Returns the command that starts the client.
    pub fn client_command(&self, load: &ClientLoad) -> io::Result<Command> {
        let mut command = Command::new(std::env::current_exe()?);
        let ClientLoad { address, connections, window, content, size } = load;
        command.args(["client", self.name, &address.to_string(), &connections.to_string()]);
        command.args([&window.to_string(), content.name(), &size.to_string()]);
        Ok(command)
    }

    /// Returns the version of the package in this build.
    pub fn version(&self) -> Option<&'static str> {
        if let Program::External(_) = self.program {
            let mut lines = external::REQUIREMENTS.lines();
            return lines.find(|line| line.starts_with(self.package));
        }
        let start = format!("name = \"{}\"\nversion = \"", self.package);
        let (_, rest) = LOCK.split_once(&start)?;
        rest.split('"').next()
    }
}

/// The text of a row that has no numbers because its peer is not installed.
pub const NOT_INSTALLED: &str = "not installed";

const LOCK: &str = include_str!("../../Cargo.lock");
