//! The proxy that the environment names, in processes of their own: [RFC 3875 §4.1.18](https://www.rfc-editor.org/rfc/rfc3875#section-4.1.18).

use std::{
    io::Write,
    net::TcpStream,
    process::Command,
    sync::{Mutex, mpsc::channel},
    time::Duration,
};

use sockeye_tests::{
    all_runtimes::{block_on, converse, echo, uri},
    test_servers::{join, listen, read_head},
};

/// The variables, and whether the proxy that they name is asked.
const ENVIRONMENTS: [(&[(&str, &str)], bool); 9] = [
    (&[("http_proxy", PROXY)], true),
    (&[("HTTP_PROXY", PROXY)], true),
    (&[("ws_proxy", PROXY), ("https_proxy", "http://127.0.0.1:1")], true),
    (&[("all_proxy", PROXY), ("NO_PROXY", "other.example")], true),
    (&[("REQUEST_METHOD", "GET"), ("http_proxy", PROXY)], true),
    // Under CGI, this is a header of some client.
    (&[("REQUEST_METHOD", "GET"), ("HTTP_PROXY", PROXY)], false),
    (&[("REQUEST_METHOD", ""), ("HTTP_PROXY", PROXY)], false),
    (&[("all_proxy", PROXY), ("no_proxy", "example")], false),
    (&[("wss_proxy", PROXY)], false),
];

/// Stands for the URI of the proxy.
const PROXY: &str = "PROXY";

/// The variable that tells this test that it is run by itself, in an environment that it has made.
const TARGET: &str = "SOCKEYE_TESTS_TARGET";

#[test]
fn the_environment_names_the_proxy_and_under_cgi_nobody_else_does() {
    if let Ok(target) = std::env::var(TARGET) {
        let connect = sockeye::client::connect::<sockeye::tokio::Tokio, _>(target);
        let connect = connect.open_timeout(Duration::from_secs(5));
        return block_on(async { converse(connect.await.expect("the proxy says yes")).await });
    }
    block_on(async {
        let server = echo::<sockeye::tokio::Tokio>().await.expect("it listens");
        let origin = server.local_addr();
        let (heads, received) = channel();
        let heads = Mutex::new(heads);
        let proxy = listen(move |mut stream| {
            let head = read_head(&mut stream)?;
            let _ = heads.lock().expect("nobody panicked").send(head);
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
            join(stream, TcpStream::connect(origin)?)
        });
        let target = uri("ws", &server).replace("localhost", "origin.example");
        let proxy = format!("http://you:pr0xy@127.0.0.1:{proxy}");
        for (variables, is_asked) in ENVIRONMENTS {
            let mut client = Command::new(std::env::current_exe().expect("it is known"));
            let name =
                "environment::the_environment_names_the_proxy_and_under_cgi_nobody_else_does";
            client.args(["--exact", name]).env_clear().env(TARGET, &target);
            client.envs(variables.iter().map(|(name, value)| (name, value.replace(PROXY, &proxy))));
            // The server lives on this thread.
            let (sender, ended) = tokio::sync::oneshot::channel();
            std::thread::spawn(move || sender.send(client.output()));
            let output = ended.await.expect("it is waited for").expect("it runs");
            assert_eq!(output.status.success(), is_asked, "{variables:?}: {output:?}");
            let asked: Vec<String> = received.try_iter().collect();
            assert_eq!(asked.len(), usize::from(is_asked), "{variables:?}");
            assert!(asked.iter().all(|head| head.contains("Basic eW91OnByMHh5")), "{asked:?}");
        }
    });
}
