//! The `dubbo-policy` command: what the module will make of a configuration and of traffic, without an Envoy.

mod check;
mod command;
mod config;
mod decode;
mod explain;
mod limits;
mod replay;
mod schema;
mod shared;
mod version;

use std::io::Write;
use std::process::ExitCode;

use command::Failure;
use lexopt::Arg;

fn main() -> ExitCode {
    run(lexopt::Parser::from_env()).unwrap_or_else(|Failure(why)| {
        // When even this cannot be written, the exit code has to do.
        let _ = writeln!(std::io::stderr(), "dubbo-policy: {why}");
        ExitCode::from(command::UNUSABLE)
    })
}

fn run(mut args: lexopt::Parser) -> Result<ExitCode, Failure> {
    let Some(arg) = args.next()? else {
        return Err(Failure(format!("which command?\n{HELP}")));
    };
    match arg {
        Arg::Value(name) if name == "check" => check::run(args),
        Arg::Value(name) if name == "decode" => decode::run(args),
        Arg::Value(name) if name == "explain" => explain::run(args),
        Arg::Value(name) if name == "replay" => replay::run(args),
        Arg::Value(name) if name == "schema" => schema::run(args),
        Arg::Value(name) if name == "version" => version::run(args),
        Arg::Value(name) if name == "help" => command::print(HELP),
        Arg::Long("help") | Arg::Short('h') => command::print(HELP),
        Arg::Long("version") | Arg::Short('V') => version::run(args),
        other => Err(Failure(format!("{}\n{HELP}", other.unexpected()))),
    }
}

const HELP: &str = "\
usage: dubbo-policy COMMAND

  check [-o text|json] [--fail-on error|warning] FILE...
        Reads configurations (plain, or in an EnvoyFilter, a WasmPlugin or a bootstrap of Envoy; YAML or JSON;
        - is the standard input) and says what is wrong with them.
  decode [--from client|provider] [--port PORT]... FILE...
        Reads the bytes that one side of a connection sent, or a capture (pcap or pcapng) with both (- is the standard
        input), and prints a JSON line for each frame: what it is, what would run, and what the module would refuse about
        it. --from says which side a stream is from. Of a capture it reads the connections in which a side's first bytes
        are a frame's; with --port, all those of this port, and no others.
  explain --config FILE [--policy NAME] [-o text|json] ATTRIBUTE=VALUE...
        Says what the policy makes of a call with these attributes (service=com.acme.A method=get source.ip=10.1.2.3
        attachments.x-lane=canary classes=a.B,c.D), and what every rule has to do with it. What is not given is absent.
        Exit code 0 if the call is allowed, 1 if it is not.
  replay --config FILE [--against OTHER] [--policy NAME] [--from client|provider] [--port PORT]... FILE...
        Plays captures, or the bytes that one side sent, through the policy: a JSON line for each call, with the decision,
        the rule and why, and a last line with the sums. Time is that of the packets. What a capture does not show (who
        callers are by their certificates, lists from elsewhere, what quotas were charged before) makes a decision
        unknown. With --against, only calls on which the other policy decides otherwise are printed.
        Exit code 0 if every call is allowed, or, with --against, if nothing changes; else 1.
  schema
        Prints the JSON Schema of a configuration, for editors and pipelines.
  version
        Says which version this is.

Exit codes: 0 clean, 1 findings or anomalies, 2 wrong usage or an unreadable file.
";
