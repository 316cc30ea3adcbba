//! The client's types and constants.

use crate::{
    Ack, Arrived, ClientMessage, CloseCode, ColorDescriptor, Config, ConfigExtension, Event, EventMessage,
    Feature, Hello, HelloExtension, ImageFormat, KeyEvent, Notice, NoticeLevel, Ping, PointerEvent, Pong,
    ReceivedHeader, RequestKeyframe, ResizeEvent, Role, ServerMessage, SetQuality, Stats, TransportName,
    VERSION, VideoCodec, Viewport, WheelEvent,
};
use std::fmt::Write as _;
use ts_rs::TS;

/// The whole module.
pub(super) fn module() -> String {
    let mut out = String::from(HEAD);
    constants(&mut out);
    let config = ts_rs::Config::new().with_large_int("number");
    macro_rules! types {
        ($($type:ty),* $(,)?) => { $( declare::<$type>(&config, &mut out); )* };
    }
    types!(
        Feature,
        Role,
        ImageFormat,
        TransportName,
        NoticeLevel,
        ColorDescriptor,
        Hello,
        HelloExtension,
        Ack,
        Arrived,
        RequestKeyframe,
        Viewport,
        Ping,
        PointerEvent,
        WheelEvent,
        KeyEvent,
        ResizeEvent,
        Event
    );
    out.push_str(INPUT_EVENT);
    types!(
        EventMessage,
        ClientMessage,
        Config,
        ConfigExtension,
        Stats,
        SetQuality,
        Pong,
        Notice,
        ServerMessage,
        ReceivedHeader
    );
    out
}

const HEAD: &str = "\
// Generated from crates/protocol by `cargo xtask protocol`. Do not edit: `cargo xtask protocol --check` compares.
// The normative text of the wire is docs/protocol.md.
";

const INPUT_EVENT: &str = "
/** Input for the application: a known event, or any object with whatever the application understands. */
export type InputEvent = KnownEvent | { [key: string]: unknown };
";

fn constants(out: &mut String) {
    let mut line = |doc: &str, name: &str, value: String| {
        write!(out, "\n/** {doc} */\nexport const {name} = {value};\n").expect("a String takes every text");
    };
    line("The version of framewire's additions to the wire.", "VERSION", format!("{VERSION} as const"));
    line("The unit of the coordinates in events.", "COORDS", format!("{:?} as const", Config::COORDS));
    let mut capabilities = String::from("{\n");
    for (name, value) in ImageFormat::ALL
        .map(|format| (format!("{format:?}"), format.mime()))
        .into_iter()
        .chain(VideoCodec::ALL.map(|codec| (format!("{codec:?}"), codec.capability())))
    {
        writeln!(capabilities, "  {}: {value:?},", name.to_lowercase()).expect("a String takes every text");
    }
    capabilities.push_str("} as const");
    line("What a client can show, as `hello.supported` says it.", "CAPABILITIES", capabilities);
    let mut placeholders = String::from("{\n");
    for codec in VideoCodec::ALL {
        let name = format!("{codec:?}").to_lowercase();
        writeln!(placeholders, "  {name}: {:?},", codec.placeholder()).expect("a String takes every text");
    }
    placeholders.push_str("} as const");
    line(
        "Codec strings to probe with; each chunk's own is the one to believe.",
        "PROBE_CODECS",
        placeholders,
    );
    let mut codes = String::from("{\n");
    for code in CloseCode::ALL {
        let name = format!("{code:?}");
        let (first, rest) = name.split_at(1);
        writeln!(codes, "  {}{rest}: {},", first.to_lowercase(), code.number())
            .expect("a String takes every text");
    }
    codes.push_str("} as const");
    line("WebSocket close codes.", "CLOSE_CODES", codes);
    let terminal = CloseCode::ALL.into_iter().filter(|code| code.is_terminal());
    let terminal: Vec<String> = terminal.map(|code| code.number().to_string()).collect();
    line(
        "Close codes after which a client does not connect again by itself.",
        "TERMINAL_CLOSE_CODES",
        format!("[{}] as const satisfies readonly number[]", terminal.join(", ")),
    );
}

fn declare<T: TS>(config: &ts_rs::Config, out: &mut String) {
    let docs = T::docs().unwrap_or_default();
    write!(
        out,
        "\n{}export {}\n",
        comment(&docs, ""),
        pretty(&T::decl(config).replace("\"type\":", "type:"))
    )
    .expect("a String takes every text");
}

/// A doc comment in the shape that people write: one line where it fits.
fn comment(docs: &str, indent: &str) -> String {
    let text: Vec<&str> = docs
        .lines()
        .map(|line| {
            line.trim().trim_start_matches("/**").trim_end_matches("*/").trim_start_matches('*').trim()
        })
        .collect();
    // Rust's links to items are plain names here.
    let text = text.join("\n").replace("[`", "`").replace("`]", "`");
    match text.trim() {
        "" => String::new(),
        text if !text.contains('\n') => format!("{indent}/** {text} */\n"),
        text => {
            let lines: String =
                text.lines().map(|line| format!("{indent} * {line}\n").replace(" * \n", " *\n")).collect();
            format!("{indent}/**\n{lines}{indent} */\n")
        }
    }
}

/// Breaks a declaration into lines: members of an object and alternatives of a union each on their own.
fn pretty(declaration: &str) -> String {
    let declaration = declaration.trim();
    let Some((head, body)) = declaration.split_once(" = ") else { return declaration.to_owned() };
    let body = body.trim_end_matches(';').trim();
    let object = body.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    if let Some(inner) = object.filter(|_| !body.contains("} & ") && !body.contains("} | {")) {
        return format!("interface {} {{\n{}}}", head.trim_start_matches("type "), members(inner));
    }
    let parts = split(body, '|');
    if parts.len() < 2 || body.len() < 80 {
        return format!("{head} = {};", parts.join(" | "));
    }
    format!("{head} =\n  | {};", parts.join("\n  | "))
}

fn members(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        if let Some(docs) = rest.strip_prefix("/**") {
            let (docs, after) = docs.split_once("*/").expect("a doc comment ends");
            out.push_str(&comment(docs, "  "));
            rest = after.trim_start();
            continue;
        }
        let member = split(rest, ',').remove(0);
        writeln!(out, "  {};", member.replace("Array<Feature>", "Feature[]"))
            .expect("a String takes every text");
        rest = rest[member.len()..].trim_start().trim_start_matches(',').trim_start();
    }
    out
}

/// Splits at a separator outside of brackets and texts.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quoted) = (Vec::new(), 0, 0_i32, false);
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '{' | '<' | '(' | '[' if !quoted => depth += 1,
            '}' | '>' | ')' | ']' if !quoted => depth -= 1,
            c if c == separator && depth == 0 && !quoted => {
                parts.push(text[start..at].trim());
                start = at + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(text[start..].trim());
    parts
}
