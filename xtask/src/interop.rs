//! `cargo xtask interop`: other people's clients against our server, our client against their servers.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::args::Args;
use crate::background::Background;
use crate::install;
use crate::outcome::{Outcome, Result};
use crate::process::{command, within};
use crate::workspace::{Workspace, root};

mod pipe;
mod report;

use report::Report;

pub(crate) const ABOUT: &str = "\
Python's websockets, npm's ws, undici and Chromium against us, as clients and as servers
  --quick             on tokio only
  --runtime NAME      on tokio, async-std or smol only; default: on each
  --server COMMAND    tests another echo server than ours, and no client
  --client COMMAND    tests another client than ours, and no server
The peers are installed into target/interop; Chromium with the system's package manager. What a client and a
server are given and print: tests/interop/README.md.";

pub(crate) fn run(args: &mut Args) -> Result<Outcome> {
    let quick = args.flag("--quick");
    let runtime = args.value("--runtime")?;
    let server = args.value("--server")?;
    let client = args.value("--client")?;
    if args.finish(ABOUT)? {
        return Ok(Outcome::NOTHING);
    }
    let workspace = Workspace::load()?;
    let peers = Peers::install(&workspace)?;
    let runtimes = match &runtime {
        Some(runtime) => vec![runtime.as_str()],
        None if quick || server.is_some() || client.is_some() => vec!["tokio"],
        None => vec!["tokio", "async-std", "smol"],
    };
    let ours = Ours::find(&workspace, server.as_deref(), client.as_deref())?;
    let mut report = Report::default();
    for runtime in runtimes {
        for compression in [false, true] {
            if let Some(server) = &ours.server {
                peers.visit(&mut report, server, runtime, compression)?;
            }
            if let Some(client) = &ours.client {
                peers.receive(&mut report, client, runtime, compression)?;
            }
        }
    }
    if let Some(cli) = &ours.cli {
        let mut server = peers.start(&Peers::servers()[0], false)?;
        report.add(["pipe", "sockeye connect", "plain"], pipe::play(cli, &server.url)?);
        server.process.stop(STOP)?;
    }
    report.print();
    Ok(report.outcome())
}

/// How long one client may take for all its scenarios, and how long a server to start and to stop.
const PLAY: Duration = Duration::from_mins(2);
const START: Duration = Duration::from_secs(20);
const STOP: Duration = Duration::from_secs(20);

/// The programs under test, as commands without their options.
struct Ours {
    server: Option<Vec<String>>,
    client: Option<Vec<String>>,
    cli: Option<PathBuf>,
}

impl Ours {
    fn find(workspace: &Workspace, server: Option<&str>, client: Option<&str>) -> Result<Self> {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        if server.is_some() || client.is_some() {
            return Ok(Self { server: server.map(words), client: client.map(words), cli: None });
        }
        let cli = workspace.build("sockeye-cli", "sockeye")?;
        let client = workspace.build("sockeye-tests", "interop_client")?;
        let echo = ["echo", "--bind", "127.0.0.1:0", "--max-size", "2097152", "--runtime"];
        let mut server = vec![cli.display().to_string()];
        server.extend(echo.map(str::to_owned));
        let client = vec![client.display().to_string(), "--runtime".to_owned()];
        Ok(Self { server: Some(server), client: Some(client), cli: Some(cli) })
    }
}

/// A program of `tests/interop`.
struct Peer {
    name: &'static str,
    script: &'static str,
    can_wait: bool,
}

struct Peers {
    python: PathBuf,
    node: PathBuf,
}

struct Server {
    process: Background,
    url: String,
}

impl Peers {
    fn install(workspace: &Workspace) -> Result<Self> {
        let folder = workspace.scratch("interop")?;
        let scripts = root().join("tests/interop");
        let python = install::python(&folder.join("python"), &scripts.join("requirements.txt"))?;
        let node = folder.join("node");
        install::npm(&node, &scripts.join("package.json"))?;
        install::debian("chromium", &["chromium"])?;
        install::debian("chromedriver", &["chromium-driver"])?;
        Ok(Self { python, node })
    }

    fn clients() -> [Peer; 4] {
        [
            Peer { name: "websockets", script: "websockets_client.py", can_wait: true },
            Peer { name: "ws", script: "ws_client.mjs", can_wait: true },
            Peer { name: "undici", script: "undici_client.mjs", can_wait: false },
            Peer { name: "chromium", script: "browser.py", can_wait: false },
        ]
    }

    fn servers() -> [Peer; 2] {
        [
            Peer { name: "websockets", script: "websockets_server.py", can_wait: false },
            Peer { name: "ws", script: "ws_server.mjs", can_wait: false },
        ]
    }

    /// Every peer's client against our server, which then goes away with one of each connected.
    fn visit(
        &self,
        report: &mut Report,
        server: &[String],
        runtime: &str,
        compression: bool,
    ) -> Result<()> {
        let mut ours = self.launch(self.ours(server, runtime, compression), "server")?;
        let labels = |peer: &Peer| [peer.name.to_owned(), format!("our server, {runtime}")];
        for peer in Self::clients() {
            let mut client = self.command(&peer, compression);
            let (_, printed) = within(client.arg(&ours.url), PLAY)?;
            let [peer, us] = labels(&peer);
            report.add([&peer, &us, mode(compression)], printed);
        }
        let mut waiting = Vec::new();
        for peer in Self::clients().into_iter().filter(|peer| peer.can_wait) {
            let mut client = self.command(&peer, compression);
            let log = self.node.with_file_name(format!("{}-waits.log", peer.name));
            let mut client = Background::start(client.args(["--wait", &ours.url]), &log)?;
            client.wait_for("connected", START)?;
            waiting.push((peer, client));
        }
        let status = ours.process.stop(STOP)?;
        if !status.success() {
            return Err(ours
                .process
                .complaint(&format!("was asked to end, and did with {status}")));
        }
        for (peer, mut client) in waiting {
            let said = client.wait_for("server_goes_away", START);
            let line = match said {
                Ok(rest) if rest.is_empty() => "ok server_goes_away\ndone".to_owned(),
                Ok(rest) => format!("FAIL server_goes_away{rest}\ndone"),
                Err(error) => error.to_string(),
            };
            let [peer, us] = labels(&peer);
            report.add([&peer, &us, mode(compression)], line);
        }
        Ok(())
    }

    /// Our client against every peer's server.
    fn receive(
        &self,
        report: &mut Report,
        client: &[String],
        runtime: &str,
        compression: bool,
    ) -> Result<()> {
        for peer in Self::servers() {
            let mut server = self.start(&peer, compression)?;
            let mut ours = self.ours(client, runtime, compression);
            let (_, printed) = within(ours.arg(&server.url), PLAY)?;
            let us = format!("our client, {runtime}");
            report.add([peer.name, &us, mode(compression)], printed);
            server.process.stop(STOP)?;
        }
        Ok(())
    }

    fn start(&self, peer: &Peer, compression: bool) -> Result<Server> {
        self.launch(self.command(peer, compression), peer.name)
    }

    fn launch(&self, mut server: Command, name: &str) -> Result<Server> {
        let log = self.node.with_file_name(format!("{name}.log"));
        let mut process = Background::start(&mut server, &log)?;
        let url = process.wait_for("listening on ", START)?;
        Ok(Server { process, url })
    }

    fn command(&self, peer: &Peer, compression: bool) -> Command {
        let python = PathBuf::from(peer.script).extension().is_some_and(|ending| ending == "py");
        let mut program = if python { command(&self.python) } else { command("node") };
        program.env("PEERS", &self.node).arg(root().join("tests/interop").join(peer.script));
        if compression {
            program.arg("--compression");
        }
        program
    }

    /// One of ours; its last word wants the runtime as its value, another's does not.
    fn ours(&self, words: &[String], runtime: &str, compression: bool) -> Command {
        let mut program = command(&words[0]);
        program.env("PEERS", &self.node).args(&words[1..]);
        if words.last().is_some_and(|word| word == "--runtime") {
            program.arg(runtime);
        }
        if compression {
            program.arg("--compression");
        }
        program
    }
}

fn mode(compression: bool) -> &'static str {
    if compression { "deflate" } else { "plain" }
}
