//! `cargo xtask autobahn`: the conformance suite against our client and our server, compared with what is expected.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::args::Args;
use crate::background::{Background, wait_for_port};
use crate::outcome::{Outcome, Result};
use crate::port::reserved_port;
use crate::workspace::Workspace;

mod cases;
mod certificate;
mod python27;
mod suite;
mod testee;
mod verdict;

pub(crate) use cases::Expectations;
use cases::Selection;
use certificate::Certificate;
use suite::Suite;
use testee::{HYPER, Role, Testee};
use verdict::Verdict;

pub(crate) const ABOUT: &str = "\
the Autobahn suite, both roles, judged strictly  [client|server] [--quick] …
  client | server     only this role is tested
  --runtime NAME      only on tokio, async-std or smol, or only the server beside hyper (`hyper`);
                      default: all cases on tokio, 1 to 10 on the others, the quick ones beside hyper
  --quick             all but the large messages of sections 12 and 13: about a minute
  --tls               sections 1 to 7 through TLS, on each runtime
  --cases PATTERNS    only these, such as 1.*,6.4.*,9.1.6
  --testee COMMAND    tests another program: a server that prints `listening on URL`,
                      or a client that is given the URL and its name
  --write             records the results in tests/autobahn/results-*.md
The suite is installed into target/autobahn. It needs CPython 2.7: that of pyenv, or Debian's.";

pub(crate) fn run(args: &mut Args) -> Result<Outcome> {
    let runtime = args.value("--runtime")?;
    let patterns = args.value("--cases")?;
    let other = args.value("--testee")?;
    let quick = args.flag("--quick");
    let tls = args.flag("--tls");
    let write = args.flag("--write");
    let only = match (args.flag("client"), args.flag("server")) {
        (true, false) => Some(Role::Client),
        (false, true) => Some(Role::Server),
        _ => None,
    };
    if args.finish(ABOUT)? {
        return Ok(Outcome::NOTHING);
    }
    if write && (quick || patterns.is_some() || other.is_some()) {
        return Err("--write records the whole suite, with our own programs".into());
    }
    if tls && other.is_some() {
        return Err("--tls is for our own programs".into());
    }
    if runtime.as_deref() == Some(HYPER) && (tls || only == Some(Role::Client)) {
        return Err("beside hyper there is only a server, without TLS".into());
    }
    let workspace = Workspace::load()?;
    let expectations = Expectations::load()?;
    let selection = match (&patterns, quick) {
        (Some(patterns), _) => Selection::of(patterns),
        (None, _) if tls => Selection::of_frames(),
        (None, quick) if quick || runtime.as_deref() == Some(HYPER) => Selection::quick(),
        (None, _) => Selection::all(),
    };
    let mut runs = vec![(runtime.clone().unwrap_or("tokio".into()), selection)];
    if runtime.is_none() && patterns.is_none() && other.is_none() {
        let selection = if tls { Selection::of_frames() } else { Selection::without_compression() };
        runs.push(("async-std".into(), selection.clone()));
        runs.push(("smol".into(), selection));
        if !tls {
            runs.push((HYPER.into(), Selection::quick()));
        }
    }
    let suite = Suite::install(&workspace)?;
    let mut outcome = Outcome::NOTHING;
    for role in [Role::Server, Role::Client] {
        if only.is_some_and(|only| only != role) {
            continue;
        }
        for (runtime, selection) in &runs {
            if runtime == HYPER && role == Role::Client {
                continue;
            }
            let testee = match &other {
                Some(program) => Testee::other(role, program),
                None => Testee::build(&workspace, role, runtime)?,
            };
            let started = Instant::now();
            let cases = expectations.select(selection);
            if cases.is_empty() {
                return Err("no case is of this name".into());
            }
            let name = format!("{role}-{runtime}{}", if tls { "-tls" } else { "" });
            let folder = workspace.scratch("autobahn")?.join(&name);
            println!("autobahn: {name}: {} cases", cases.len());
            crate::install::remove(&folder)?;
            std::fs::create_dir_all(&folder)?;
            let certificate = if tls { Some(Certificate::make(&folder)?) } else { None };
            let reports = examine(&suite, &testee, certificate.as_ref(), &cases, &folder)?;
            let verdict = Verdict::of(&expectations, &cases, &reports);
            println!(
                "autobahn: {name}: {} of {} cases as expected, in {} s",
                verdict.passed(),
                cases.len(),
                started.elapsed().as_secs()
            );
            verdict.print();
            if write {
                verdict.write(&name)?;
            }
            outcome += verdict.outcome();
        }
    }
    Ok(outcome)
}

/// Runs `cases` in two shards, one a core, and returns the reports of both.
fn examine(
    suite: &Suite,
    testee: &Testee,
    certificate: Option<&Certificate>,
    cases: &[String],
    folder: &Path,
) -> Result<Vec<PathBuf>> {
    // Neighbours take about the same time, so alternate ones make even shards.
    let shards: Vec<Vec<&String>> = (0..SHARDS)
        .map(|first| cases.iter().skip(first).step_by(SHARDS).collect())
        .filter(|shard: &Vec<_>| !shard.is_empty())
        .collect();
    let limit = Duration::from_secs(60 + 6 * cases.len() as u64);
    match testee.role {
        Role::Server => test_server(suite, testee, certificate, &shards, folder, limit),
        Role::Client => test_client(suite, testee, certificate, &shards, folder, limit),
    }
}

const SHARDS: usize = 2;

fn test_server(
    suite: &Suite,
    testee: &Testee,
    certificate: Option<&Certificate>,
    shards: &[Vec<&String>],
    folder: &Path,
    limit: Duration,
) -> Result<Vec<PathBuf>> {
    let mut server = testee.command();
    if let Some(certificate) = certificate {
        certificate.show(&mut server);
    }
    let mut server = Background::start(&mut server, &folder.join("server.log"))?;
    let url = server.wait_for("listening on ", Duration::from_secs(20))?;
    let mut tests = Vec::new();
    for (shard, cases) in shards.iter().enumerate() {
        let servers = json!([{"agent": AGENT, "url": url}]);
        let spec = Spec::write(folder, shard, cases, certificate, "servers", &servers)?;
        let mut wstest = suite.command("fuzzingclient", &spec.file);
        tests.push((Background::start(&mut wstest, &spec.log)?, spec.report));
    }
    let mut reports = Vec::new();
    for (mut test, report) in tests {
        test.wait(limit)?;
        reports.push(report);
    }
    if !server.is_running() {
        return Err(server.complaint("ended before the suite did"));
    }
    let status = server.stop(Duration::from_secs(20))?;
    if testee.ends_cleanly && !status.success() {
        return Err(server.complaint(&format!("was asked to end, and did with {status}")));
    }
    Ok(reports)
}

fn test_client(
    suite: &Suite,
    testee: &Testee,
    certificate: Option<&Certificate>,
    shards: &[Vec<&String>],
    folder: &Path,
    limit: Duration,
) -> Result<Vec<PathBuf>> {
    let mut tests = Vec::new();
    for (shard, cases) in shards.iter().enumerate() {
        let port = reserved_port(Ipv4Addr::LOCALHOST)?;
        let scheme = if certificate.is_some() { "wss" } else { "ws" };
        let url = format!("{scheme}://127.0.0.1:{port}");
        let spec = Spec::write(folder, shard, cases, certificate, "url", &json!(url))?;
        let mut wstest = suite.command("fuzzingserver", &spec.file);
        let mut client = testee.command();
        if let Some(certificate) = certificate {
            certificate.trust(&mut client);
        }
        let mut server = Background::start(&mut wstest, &spec.log)?;
        wait_for_port(port, &mut server, Duration::from_secs(30))?;
        let log = folder.join(format!("client-{shard}.log"));
        let client = Background::start(client.args([&url, AGENT]), &log)?;
        tests.push((server, client, spec.report));
    }
    let mut reports = Vec::new();
    for (mut server, mut client, report) in tests {
        let status = client.wait(limit)?;
        if !status.success() {
            return Err(client.complaint(&format!("failed: {status}")));
        }
        // The report is written when the client asks for it, before the connection is closed.
        server.stop(Duration::from_secs(20))?;
        reports.push(report);
    }
    Ok(reports)
}

const AGENT: &str = "sockeye";

/// The configuration file of one run of the suite, and the folder of its report.
struct Spec {
    file: PathBuf,
    log: PathBuf,
    report: PathBuf,
}

impl Spec {
    fn write(
        folder: &Path,
        shard: usize,
        cases: &[&String],
        certificate: Option<&Certificate>,
        peer: &str,
        address: &serde_json::Value,
    ) -> Result<Self> {
        let reports = folder.join(format!("reports-{shard}"));
        let mut spec = json!({
            "outdir": reports,
            "options": {"failByDrop": false},
            peer: address,
            "cases": cases,
            "exclude-cases": [],
            "exclude-agent-cases": {},
        });
        if let Some(certificate) = certificate {
            certificate.show_by_suite(&mut spec);
        }
        let file = folder.join(format!("spec-{shard}.json"));
        std::fs::write(&file, serde_json::to_string_pretty(&spec)?)?;
        let log = folder.join(format!("suite-{shard}.log"));
        Ok(Self { file, log, report: reports.join("index.json") })
    }
}
