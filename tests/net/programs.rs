//! Proxies that others wrote, as programs that run as long as their values live.

use std::{
    fs,
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::Instant,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sockeye::rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::CertificateDer};
use sockeye_tests::reserved_port;

use crate::everywhere::SOON;

/// A program, the port that it listens on, and the folder of its files.
pub(crate) struct Program {
    child: Child,
    pub(crate) port: u16,
    folder: PathBuf,
}

impl Program {
    /// Starts a program that listens on `port`, and waits until it does.
    fn start(command: &mut Command, port: u16, folder: PathBuf) -> Self {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.unwrap_or_else(|error| panic!("{command:?} has to be there: {error}"));
        let mut program = Self { child, port, folder };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = program.child.try_wait().expect("it is a child of ours");
            assert!(ended.is_none(), "{command:?} ended: {ended:?}");
            assert!(started.elapsed() < SOON, "{command:?} does not listen");
            thread::yield_now();
        }
        program
    }

    /// Stops it in the midst of whatever it does: its sockets stay, and nobody serves them.
    pub(crate) fn freeze(&self) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-STOP", &id]).status();
        assert!(status.expect("kill is there").success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A port of the loopback that nobody else gets.
pub(crate) fn free_port() -> u16 {
    reserved_port(Ipv4Addr::LOCALHOST).expect("loopback can be listened on")
}

/// A folder of the program that listens on `port`, with these files.
fn folder(port: u16, files: &[(&str, String)]) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("sockeye-{}-{port}", std::process::id()));
    fs::create_dir_all(&folder).expect("the folder for temporary files is writable");
    for (name, text) in files {
        fs::write(folder.join(name), text).expect("the folder is writable");
    }
    folder
}

pub(crate) fn tinyproxy(more: &str) -> Program {
    let port = free_port();
    let config = format!("Port {port}\nListen 127.0.0.1\nTimeout 60\nAllow 127.0.0.1\n{more}\n");
    let folder = folder(port, &[("conf", config)]);
    let mut command = Command::new("tinyproxy");
    command.arg("-d").arg("-c").arg(folder.join("conf"));
    Program::start(&mut command, port, folder)
}

pub(crate) fn microsocks(arguments: &[&str]) -> Program {
    let port = free_port();
    let mut command = Command::new("microsocks");
    command.args(["-i", "127.0.0.1", "-p", &port.to_string()]).args(arguments);
    Program::start(&mut command, port, folder(port, &[]))
}

/// Squid, with three ports: for everybody, for `me` with the password `secret`, and for everybody inside TLS.
pub(crate) struct Squid {
    pub(crate) program: Program,
    certificate: CertificateDer<'static>,
    pub(crate) open: u16,
    pub(crate) closed: u16,
    pub(crate) secure: u16,
}

impl Squid {
    /// A client that trusts it, and nobody else.
    pub(crate) fn client(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).expect("a certificate");
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().expect("they are known");
        Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
    }
}

/// What it shares with processes that it does not have here stays when it is killed.
impl Drop for Squid {
    fn drop(&mut self) {
        let prefix = format!("{}-", service(self.open));
        for file in fs::read_dir("/dev/shm").into_iter().flatten().flatten() {
            if file.file_name().to_string_lossy().starts_with(&prefix) {
                let _ = fs::remove_file(file.path());
            }
        }
    }
}

/// A name for what a squid shares with its processes, or those of others would take its memory for theirs.
fn service(port: u16) -> String {
    format!("sockeye{port}")
}

pub(crate) fn squid() -> Squid {
    let [open, closed, secure] = [free_port(), free_port(), free_port()];
    let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]);
    let pair = pair.expect("there is randomness");
    let folder = folder(
        open,
        &[
            ("cert.pem", pem("CERTIFICATE", pair.cert.der())),
            ("key.pem", pem("PRIVATE KEY", &pair.signing_key.serialize_der())),
            ("users", format!("me:{SECRET}\n")),
            ("hosts", HOSTS.to_owned()),
        ],
    );
    let path = folder.display();
    let config = format!(
        "http_port 127.0.0.1:{open}\n\
         http_port 127.0.0.1:{closed} name=closed\n\
         https_port 127.0.0.1:{secure} tls-cert={path}/cert.pem tls-key={path}/key.pem\n\
         auth_param basic program /usr/lib/squid/basic_ncsa_auth {path}/users\n\
         auth_param basic children 1\n\
         acl closed myportname closed\n\
         acl known proxy_auth REQUIRED\n\
         acl forbidden dst {FORBIDDEN}\n\
         http_access deny forbidden\n\
         http_access allow !closed\n\
         http_access allow known\n\
         http_access deny all\n\
         hosts_file {path}/hosts\n\
         coredump_dir {path}\n\
         pid_filename none\n\
         access_log none\n\
         cache_log /dev/null\n\
         netdb_filename none\n\
         pinger_enable off\n"
    );
    fs::write(folder.join("conf"), config).expect("the folder is writable");
    let mut command = Command::new("squid");
    command.arg("-N").arg("-n").arg(service(open)).arg("-f").arg(folder.join("conf"));
    let program = Program::start(&mut command, secure, folder);
    Squid { program, certificate: pair.cert.der().clone(), open, closed, secure }
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(der))
}

/// Dante, which speaks SOCKS 4 and 5; `method` is `none`, or `username` for `me` with the password `secret`.
pub(crate) fn dante(method: &str) -> Program {
    let port = free_port();
    let config = format!(
        "internal: 127.0.0.1 port = {port}\n\
         external: 127.0.0.1\n\
         clientmethod: none\n\
         socksmethod: {method}\n\
         user.privileged: root\n\
         user.unprivileged: root\n\
         client pass {{ from: 127.0.0.1/32 to: 0.0.0.0/0 }}\n\
         socks block {{ from: 0.0.0.0/0 to: {FORBIDDEN}/32 }}\n\
         socks pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 }}\n"
    );
    // Its users are those of the machine.
    let users = "root:x:0:0:::\nme:x:0:0:::\n".to_owned();
    let folder = folder(
        port,
        &[
            ("conf", config),
            ("passwd", users),
            ("shadow", format!("me:{SECRET}:20000::::::\n")),
            ("hosts", HOSTS.to_owned()),
        ],
    );
    let mut command = in_a_machine_of_its_own(&folder, &["passwd", "shadow", "hosts"]);
    command.arg("danted").arg("-f").arg(folder.join("conf"));
    Program::start(&mut command, port, folder)
}

/// Twisted's proxy for SOCKS 4 and 4a.
pub(crate) fn twisted() -> Program {
    let port = free_port();
    let folder = folder(port, &[("hosts", HOSTS.to_owned())]);
    let script = "import sys\n\
         from twisted.internet import reactor\n\
         from twisted.protocols.socks import SOCKSv4Factory\n\
         reactor.listenTCP(int(sys.argv[1]), SOCKSv4Factory(None), interface='127.0.0.1')\n\
         reactor.run()\n";
    let mut command = in_a_machine_of_its_own(&folder, &["hosts"]);
    // The python of the system, which has its packages.
    command.args(["/usr/bin/python3", "-c", script, &port.to_string()]);
    Program::start(&mut command, port, folder)
}

/// Runs the command that is appended where these files of the folder stand in the place of those in `/etc`.
fn in_a_machine_of_its_own(folder: &Path, files: &[&str]) -> Command {
    let mounts: String = files
        .iter()
        .map(|file| format!("mount --bind {}/{file} /etc/{file} && ", folder.display()))
        .collect();
    let mut command = Command::new("unshare");
    command.args(["--mount", "--map-root-user", "sh", "-c", &format!("{mounts}exec \"$@\""), "sh"]);
    command
}

/// A host that only the proxies know.
pub(crate) const HIDDEN: &str = "chat.example";
const HOSTS: &str = "127.0.0.1 localhost chat.example\n";

/// An address that the proxies refuse to connect to.
pub(crate) const FORBIDDEN: &str = "127.0.0.99";

/// The password `secret`, as `crypt` hashes it.
const SECRET: &str = "$6$sockeye$EnVXbRPWQdi/PU4BmXQvPZfdIUo0Fs8vyTkLv3hkLpyU0w0lRRjqchINa3IM08XxUcfEiOnF9wXctU.hAjIxt0";
