#![forbid(unsafe_code)]
//! Proxies that others wrote: tinyproxy and microsocks, which have to be installed (`cargo xtask ci` does so).

#[expect(dead_code, reason = "other tests need more of it")]
mod authority;
mod everywhere;

use std::{
    fs,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    thread,
    time::Instant,
};

use sockeye::{
    Error, HandshakeError, ProxyError, SocksReply,
    driver::{self, Runtime},
};

use crate::{
    authority::Authority,
    everywhere::{SOON, Scenario, converse, echo, everywhere, uri},
};

/// A program that runs as long as this lives, and its port.
struct Program {
    child: Child,
    port: u16,
    file: Option<PathBuf>,
}

impl Program {
    /// Starts a program that listens on `port`, and waits until it does.
    fn start(command: &mut Command, port: u16, file: Option<PathBuf>) -> Self {
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.unwrap_or_else(|error| panic!("{command:?} has to be there: {error}"));
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed() < SOON, "{command:?} does not listen");
            thread::yield_now();
        }
        Self { child, port, file }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(file) = &self.file {
            let _ = fs::remove_file(file);
        }
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback can be listened on");
    listener.local_addr().expect("it has an address").port()
}

fn tinyproxy(more: &str) -> Program {
    let port = free_port();
    let file = std::env::temp_dir().join(format!("sockeye-{}-{port}.conf", std::process::id()));
    let config = format!("Port {port}\nListen 127.0.0.1\nTimeout 60\nAllow 127.0.0.1\n{more}\n");
    fs::write(&file, config).expect("the folder for temporary files is writable");
    Program::start(Command::new("tinyproxy").arg("-d").arg("-c").arg(&file), port, Some(file))
}

fn microsocks(arguments: &[&str]) -> Program {
    let port = free_port();
    let mut command = Command::new("microsocks");
    command.args(["-i", "127.0.0.1", "-p", &port.to_string()]).args(arguments);
    Program::start(&mut command, port, None)
}

#[derive(Clone)]
struct Everything;

impl Scenario for Everything {
    async fn run<R: Runtime>(self) {
        let authority = Authority::new();
        let plain = echo::<R>().await.expect("it listens");
        let secure = echo::<R>().tls(authority.server()).await.expect("it listens");
        let open = tinyproxy("");
        let closed = tinyproxy("BasicAuth me secret");
        let socks = microsocks(&[]);
        let closed_socks = microsocks(&["-u", "me", "-P", "secret"]);
        for proxy in [
            format!("http://127.0.0.1:{}", open.port),
            format!("http://me:secret@127.0.0.1:{}", closed.port),
            format!("socks5://127.0.0.1:{}", socks.port),
            format!("socks5h://127.0.0.1:{}", socks.port),
            format!("socks5h://me:secret@127.0.0.1:{}", closed_socks.port),
        ] {
            for (scheme, server) in [("ws", &plain), ("wss", &secure)] {
                let connect = driver::connect::<R, _>(uri(scheme, server)).tls(authority.client());
                match connect.proxy(&*proxy).await {
                    Ok(ws) => converse(ws).await,
                    Err(error) => panic!("{proxy} {scheme}: {error:?}"),
                }
            }
        }
        let refusal = async |proxy: String, target: &str| {
            let connect = driver::connect::<R, _>(target).proxy(proxy);
            match connect.await.map(drop) {
                Err(Error::Handshake(HandshakeError::Proxy(error))) => error,
                other => panic!("{other:?}"),
            }
        };
        let target = uri("ws", &plain);
        let error = refusal(format!("http://me:wrong@127.0.0.1:{}", closed.port), &target).await;
        // What a wrong password is answered with differs from version to version.
        let ProxyError::InvalidProxyStatus(error) = error else { panic!("{error:?}") };
        assert!(matches!(error.status_code, 401 | 407), "{error:?}");
        let error = refusal(format!("http://127.0.0.1:{}", closed.port), &target).await;
        let ProxyError::InvalidProxyStatus(error) = error else { panic!("{error:?}") };
        assert_eq!(error.status_code, 407);
        let proxy = format!("socks5h://me:wrong@127.0.0.1:{}", closed_socks.port);
        let error = refusal(proxy, &target).await;
        let ProxyError::Socks(error) = error else { panic!("{error:?}") };
        assert_eq!(error.reply, SocksReply::Authentication);
        // Nobody is behind the proxy.
        let nobody = format!("ws://127.0.0.1:{}/", free_port());
        let error = refusal(format!("http://127.0.0.1:{}", open.port), &nobody).await;
        let ProxyError::InvalidProxyStatus(error) = error else { panic!("{error:?}") };
        assert_eq!(error.status_code / 100, 5);
        let error = refusal(format!("socks5h://127.0.0.1:{}", socks.port), &nobody).await;
        let ProxyError::Socks(error) = error else { panic!("{error:?}") };
        assert_eq!(error.reply, SocksReply::V5(5));
    }
}

#[test]
fn real_proxies_carry_ws_and_wss_and_their_refusals_are_understood() {
    everywhere(Everything);
}
