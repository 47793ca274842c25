//! Proxies of other projects, run as child processes that end when their values are dropped.

use std::{
    fs,
    net::{Ipv4Addr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::Instant,
};

use crate::port::reserved_port;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sockeye::rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::CertificateDer};

use crate::all_runtimes::SOON;

/// A child process, the port that it listens on, and the folder of its files.
#[derive(Debug)]
pub struct Program {
    child: Child,
    /// The port that the program listens on.
    pub port: u16,
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

    /// Suspends the process: its sockets stay open and are not served.
    pub fn freeze(&self) {
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

/// Reserves a port of the loopback interface.
pub fn free_port() -> u16 {
    reserved_port(Ipv4Addr::LOCALHOST).expect("loopback can be listened on")
}

/// Creates the folder of the program that listens on `port`, with these files.
fn folder(port: u16, files: &[(&str, String)]) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("sockeye-{}-{port}", std::process::id()));
    fs::create_dir_all(&folder).expect("the folder for temporary files is writable");
    for (name, text) in files {
        fs::write(folder.join(name), text).expect("the folder is writable");
    }
    folder
}

/// Starts tinyproxy, an HTTP proxy, with additional lines of configuration.
pub fn tinyproxy(more: &str) -> Program {
    let port = free_port();
    let config = format!("Port {port}\nListen 127.0.0.1\nTimeout 60\nAllow 127.0.0.1\n{more}\n");
    let folder = folder(port, &[("conf", config)]);
    let mut command = Command::new("tinyproxy");
    command.arg("-d").arg("-c").arg(folder.join("conf"));
    Program::start(&mut command, port, folder)
}

/// Starts microsocks, a SOCKS 5 proxy.
pub fn microsocks(arguments: &[&str]) -> Program {
    let port = free_port();
    let mut command = Command::new("microsocks");
    command.args(["-i", "127.0.0.1", "-p", &port.to_string()]).args(arguments);
    Program::start(&mut command, port, folder(port, &[]))
}

/// Squid, an HTTP proxy, with three ports.
#[derive(Debug)]
pub struct Squid {
    /// The process.
    pub program: Program,
    certificate: CertificateDer<'static>,
    /// The port that needs no authentication.
    pub open: u16,
    /// The port that demands the user `me` and the password `secret`.
    pub closed: u16,
    /// The port that speaks TLS and needs no authentication.
    pub secure: u16,
}

impl Squid {
    /// Returns the configuration of a client that trusts the certificate of this proxy only.
    pub fn client(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).expect("a certificate");
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder.with_safe_default_protocol_versions().expect("they are known");
        Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
    }
}

/// Removes the shared memory that a killed squid leaves behind.
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

/// Returns a service name of its own for each squid: squids with one name attach to the same shared memory.
fn service(port: u16) -> String {
    format!("sockeye{port}")
}

/// Starts squid on its three ports.
pub fn squid() -> Squid {
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

/// Starts Dante, a SOCKS 4 and 5 proxy; `method` is `none`, or `username` for the user `me` with the password `secret`.
pub fn dante(method: &str) -> Program {
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

/// Starts Twisted's SOCKS 4 and 4a proxy.
pub fn twisted() -> Program {
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

/// Returns a command that runs the arguments appended to it with these files of the folder mounted over those in `/etc`.
fn in_a_machine_of_its_own(folder: &Path, files: &[&str]) -> Command {
    let mounts: Vec<String> = files
        .iter()
        .map(|file| format!("mount --bind {}/{file} /etc/{file}", folder.display()))
        .collect();
    let mounts = mounts.join(" && ");
    let mut command = Command::new("unshare");
    command.args([
        "--mount",
        "--map-root-user",
        "sh",
        "-c",
        &format!("{mounts} && exec \"$@\""),
        "sh",
    ]);
    command
}

/// A host name that only the proxies can resolve.
pub const HIDDEN: &str = "chat.example";
const HOSTS: &str = "127.0.0.1 localhost chat.example\n";

/// An address that the proxies refuse to connect to.
pub const FORBIDDEN: &str = "127.0.0.99";

/// The password `secret`, as `crypt` hashes it.
const SECRET: &str = "$6$sockeye$EnVXbRPWQdi/PU4BmXQvPZfdIUo0Fs8vyTkLv3hkLpyU0w0lRRjqchINa3IM08XxUcfEiOnF9wXctU.hAjIxt0";
