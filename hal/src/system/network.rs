//! Which networks are connected: links (RFC 2863 states in `/sys/class/net`) and whether a way leads
//! out (the kernel's routing tables). No address is read.

use std::path::Path;

use super::Machine;
use super::files::{entries, name, number, text};

/// IFF_UP of linux/if.h: the interface is switched on.
const IFF_UP: u32 = 1;
/// RTF_UP of linux/route.h: the route can be used. Whether it has a gateway (RTF_GATEWAY) says nothing: a
/// modem, PPP or a tunnel has nobody but its other end.
const RTF_UP: u32 = 0x1;
/// RTF_REJECT of linux/route.h: whatever is sent there is refused.
const RTF_REJECT: u32 = 0x200;

/// The computer's network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// Its interfaces without loopback: real ones, and virtual ones that are in use.
    pub interfaces: Vec<Interface>,
    /// There is a default route, over IPv4 or IPv6.
    pub has_route: bool,
}

/// One network interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// It is connected: cable plugged in, or radio network joined.
    pub connected: bool,
}

impl Network {
    /// Some interface is connected and a way leads out.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.has_route && self.interfaces.iter().any(|interface| interface.connected)
    }
}

impl Machine {
    /// The computer's network.
    #[must_use]
    pub fn network(&self) -> Network {
        let interfaces = entries(&self.root.join("sys/class/net"));
        Network {
            interfaces: interfaces.iter().filter_map(|path| look(path)).collect(),
            has_route: self.has_route(),
        }
    }

    fn has_route(&self) -> bool {
        let read = |file| text(&self.root.join(file)).unwrap_or_default();
        has_ipv4_route(&read("proc/net/route")) || has_ipv6_route(&read("proc/net/ipv6_route"))
    }
}

fn look(path: &Path) -> Option<Interface> {
    let name = name(path);
    let connected = is_connected(path);
    // What software makes up is of interest only while it is used.
    let counts = name != "lo" && (connected || path.join("device").exists());
    counts.then_some(Interface { name, connected })
}

/// Drivers that do not know their state tell by the carrier.
fn is_connected(interface: &Path) -> bool {
    match text(&interface.join("operstate")).as_deref() {
        Some("up") => true,
        Some("unknown") => is_on(interface) && number(&interface.join("carrier")) == Some(1),
        _ => false,
    }
}

fn is_on(interface: &Path) -> bool {
    let flags = text(&interface.join("flags")).unwrap_or_default();
    let flags = u32::from_str_radix(flags.trim_start_matches("0x"), 16);
    flags.is_ok_and(|flags| flags & IFF_UP != 0)
}

/// Columns: interface, destination, gateway, flags, …, mask; all hexadecimal.
fn has_ipv4_route(table: &str) -> bool {
    table.lines().skip(1).any(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let flags = columns
            .get(3)
            .and_then(|flags| u32::from_str_radix(flags, 16).ok());
        columns.get(1) == Some(&"00000000")
            && columns.get(7) == Some(&"00000000")
            && columns.first() != Some(&"lo")
            && flags.is_some_and(leads_out)
    })
}

fn leads_out(flags: u32) -> bool {
    flags & (RTF_UP | RTF_REJECT) == RTF_UP
}

/// Columns: destination, its prefix length, …, flags (the ninth), interface.
fn has_ipv6_route(table: &str) -> bool {
    table.lines().any(|line| {
        let columns: Vec<&str> = line.split_whitespace().collect();
        let flags = columns
            .get(8)
            .and_then(|flags| u32::from_str_radix(flags, 16).ok());
        columns.get(1) == Some(&"00")
            && columns
                .first()
                .is_some_and(|to| to.bytes().all(|digit| digit == b'0'))
            && columns.get(9) != Some(&"lo")
            && flags.is_some_and(leads_out)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_out_is_a_default_route_that_is_up() {
        let head = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\n";
        let way_out = "eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0\n";
        let neighbours = "eth0\t0002A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0\n";
        assert!(has_ipv4_route(&format!("{head}{neighbours}{way_out}")));
        assert!(!has_ipv4_route(&format!("{head}{neighbours}")));
        let modem = "wwan0\t00000000\t00000000\t0001\t0\t0\t700\t00000000\t0\t0\t0\n";
        assert!(has_ipv4_route(&format!("{head}{modem}")), "no gateway");
        let refused = "*\t00000000\t00000000\t0201\t0\t0\t0\t00000000\t0\t0\t0\n";
        assert!(!has_ipv4_route(&format!("{head}{refused}")));
        assert!(!has_ipv4_route("") && !has_ipv6_route(""));

        let zero = "0".repeat(32);
        let route = |flags, interface| {
            format!(
                "{zero} 00 {zero} 00 fe80000000000000000000000000{:04x} 00000400 1 0 {flags} {interface}",
                1
            )
        };
        assert!(has_ipv6_route(&route("00000003", "eth0")));
        assert!(has_ipv6_route(&route("00000001", "ppp0")), "no gateway");
        assert!(!has_ipv6_route(&route("00200201", "eth0")), "refused");
        assert!(!has_ipv6_route(&route("00200200", "lo")), "unreachable");
    }
}
