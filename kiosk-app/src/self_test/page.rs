//! The report as one page that needs nothing else: to read on any computer, to print, to send to
//! the operator. The signed JSON and the signature stand in it as text ([`super::seal`]).

use std::fmt::Write;

use super::report::Verdict;
use super::{Check, Finding, Report};

const STYLE: &str = include_str!("page.css");

/// The page around two places that are filled later: the signed JSON and the seal.
pub fn render(report: &Report, signed: &str, seal: Option<&str>) -> String {
    let mut page = String::new();
    let kiosk = escape(report.kiosk.as_deref().unwrap_or("(unknown)"));
    // Writing to a String cannot fail.
    let _ = write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Self-test of {kiosk}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
    );
    page.push_str(&head(report, &kiosk));
    page.push_str("<table>\n");
    for check in report.checks() {
        page.push_str(&row(check));
    }
    page.push_str("</table>\n");
    page.push_str(&foot(report, signed, seal));
    page.push_str("</body>\n</html>\n");
    page
}

fn head(report: &Report, kiosk: &str) -> String {
    let verdict = report.verdict();
    let class = match verdict {
        Verdict::Ready => "ready",
        Verdict::NotReady => "not-ready",
    };
    let site = escape(report.site.as_deref().unwrap_or("(unknown)"));
    format!(
        "<header class=\"{class}\">\n<p class=\"what\">Readiness report</p>\n<h1>{}</h1>\n\
         <p>{}</p>\n</header>\n<dl>\n{}{}{}{}</dl>\n",
        verdict.words(),
        report.summary(),
        fact("Kiosk", kiosk),
        fact("Site", &site),
        fact("Tested", &report.time().words()),
        fact("Software", report.software()),
    )
}

fn fact(name: &str, value: &str) -> String {
    format!("<div><dt>{name}</dt><dd>{value}</dd></div>\n")
}

fn row(check: &Check) -> String {
    let finding = &check.finding;
    let class = match finding {
        Finding::Passed { .. } => "passed",
        Finding::Look { .. } => "look",
        Finding::Warning { .. } => "warning",
        Finding::Failed { .. } => "failed",
        Finding::NotThere { .. } => "not-there",
    };
    let to_do = finding.to_do().map_or_else(String::new, |to_do| {
        format!("<p class=\"to-do\"><b>To do:</b> {}</p>", words(to_do))
    });
    format!(
        "<tr class=\"{class}\"><td class=\"word\"><span>{}</span></td><th scope=\"row\">{}</th>\
         <td>{}{to_do}</td></tr>\n",
        finding.word(),
        check.name,
        words(finding.seen()),
    )
}

fn foot(report: &Report, signed: &str, seal: Option<&str>) -> String {
    let none = "none";
    let details = format!(
        "<dl class=\"long\">\n{}{}{}</dl>\n",
        fact(
            "Software (SHA-256 of the program)",
            report.software_sha256.as_deref().unwrap_or(none)
        ),
        fact(
            "Networks (SHA-256 of the manifest)",
            report.models.as_deref().unwrap_or(none)
        ),
        fact(
            "Device key (Ed25519)",
            report.device_key.as_deref().unwrap_or(none)
        ),
    );
    let Some(seal) = seal else {
        return format!(
            "<footer>\n{details}<p class=\"unsigned\">This report is not signed, because the kiosk \
             is not enrolled: anybody could have written it.</p>\n</footer>\n"
        );
    };
    format!(
        "<footer>\n{details}<p>This report is signed by the kiosk. Whoever has the operator's public \
         key can check that no letter of it was changed:</p>\n\
         <p><code>kiosk self-test --check-report FILE.html --operator operator.pub</code></p>\n\
         <details><summary>What is signed, and the signature</summary>\n\
         {SIGNED_BEGIN}{signed}{END}\n{SEAL_BEGIN}{seal}{END}\n</details>\n</footer>\n"
    )
}

/// Before the signed JSON.
pub const SIGNED_BEGIN: &str = "<pre id=\"signed\">";
/// Before the seal.
pub const SEAL_BEGIN: &str = "<pre id=\"seal\">";
/// After each.
pub const END: &str = "</pre>";

/// Text in which what stands between backticks is to be typed.
fn words(text: &str) -> String {
    let parts = text.split('`').enumerate();
    let part = |(at, part): (usize, &str)| match at % 2 {
        0 => escape(part),
        _ => format!("<code>{}</code>", escape(part)),
    };
    parts.map(part).collect()
}

/// Text as HTML shows it.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// What [`escape`] was given.
pub fn unescape(html: &str) -> String {
    html.replace("&gt;", ">")
        .replace("&lt;", "<")
        .replace("&amp;", "&")
}
