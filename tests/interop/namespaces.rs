//! Happy eyeballs ([RFC 8305](https://www.rfc-editor.org/rfc/rfc8305)) in a network that swallows packets: a namespace of
//! Linux, which needs root, and iproute2 (`cargo xtask ci` installs it).

use std::{
    env, fs,
    process::Command,
    time::{Duration, Instant},
};

use sockeye::{
    Error,
    connection::{Sockets, TcpOptions},
    error::Operation,
};

use sockeye_tests::all_runtimes::{Scenario, converse, echo, everywhere, uri};

#[derive(Clone)]
struct Addresses;

impl Scenario for Addresses {
    async fn run<R: Sockets>(self) {
        let server = echo::<R>().await.expect("it listens");
        let connect = |host: &str| {
            sockeye::client::connect::<R, _>(uri("ws", &server).replace("localhost", host))
                .no_proxy()
        };
        let cost = async |host: &str| {
            let mut least = Duration::MAX;
            // A machine that is busy makes some of them late, but hardly all.
            for _ in 0..5 {
                let begin = Instant::now();
                let ws = connect(host).await.expect("one address is there");
                least = least.min(begin.elapsed());
                converse(ws).await;
            }
            least
        };
        let (plain, silent, away) =
            (cost("plain.test").await, cost("silent.test").await, cost("away.test").await);
        println!("plain {plain:?}, silent {silent:?}, away {away:?}");
        // The address that is silent was tried first, and waited for, but no longer than for a quarter of a second.
        let quarter = Duration::from_millis(250);
        assert!(silent >= quarter, "{silent:?}");
        assert!(silent < quarter + plain + Duration::from_millis(50), "{silent:?}");
        // Where no way leads, none is waited for.
        assert!(away < plain + Duration::from_millis(50), "{away:?}");
        let error = connect("hole.test").open_timeout(2 * quarter).await.map(drop);
        let Err(Error::Timeout(timeout)) = error else { panic!("{error:?}") };
        assert_eq!(timeout.operation, Operation::Connect);
        // From an address of IPv4, that of IPv6 is not tried at all.
        let begin = Instant::now();
        let ws = connect("silent.test")
            .tcp_options(TcpOptions::default().local_address(([127, 0, 0, 1], 0)))
            .await;
        assert!(begin.elapsed() < quarter, "{:?}", begin.elapsed());
        converse(ws.expect("one address is there")).await;
    }
}

#[test]
fn an_address_that_swallows_packets_costs_a_quarter_of_a_second() {
    if env::var_os(INSIDE).is_some() {
        return everywhere(Addresses);
    }
    let hosts = env::temp_dir().join(format!("sockeye-{}.hosts", std::process::id()));
    fs::write(&hosts, HOSTS).expect("the folder for temporary files is writable");
    let mut inside = Command::new("unshare");
    inside.args(["--net", "--mount", "sh", "-euc", NETWORK]).arg(&hosts);
    inside.arg(env::current_exe().expect("it runs")).args(["--exact", "--nocapture"]);
    inside.arg("namespaces::an_address_that_swallows_packets_costs_a_quarter_of_a_second");
    let ended = inside.env(INSIDE, "yes").output();
    let _ = fs::remove_file(&hosts);
    let ended = ended.expect("unshare is part of every Linux");
    let told = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{told}\n{}", String::from_utf8_lossy(&ended.stderr));
    assert!(told.contains("1 passed"), "{told}");
    println!("{told}");
}

/// The variable that says: the network is made, now test.
const INSIDE: &str = "SOCKEYE_TEST_INSIDE";

/// Makes the network, and runs what follows in it: a host that is a neighbour, but never answers, and another one that no
/// way leads to.
const NETWORK: &str = "
    ip link set lo up
    ip link add hole type veth peer name bottom
    ip link set bottom up
    ip link set hole up
    ip -6 address add 2001:db8::1/64 dev hole nodad
    ip -6 neighbour add 2001:db8::2 lladdr 02:00:00:00:00:02 dev hole
    mount --bind \"$0\" /etc/hosts
    exec \"$@\"
";

/// The names of the addresses. That of IPv6 is preferred, as RFC 6724 wants it.
const HOSTS: &str = "\
127.0.0.1 localhost plain.test silent.test away.test
2001:db8::2 silent.test hole.test
2001:db8:1::2 away.test
";
