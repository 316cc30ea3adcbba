//! `framewire load`: many viewers in one process.

mod report;
mod viewer;

use crate::{
    args,
    client::{self, Target, Tls, tls_for},
    exit::Failure,
};
use report::{Report, ServerCost};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
    time::{sleep_until, timeout},
};
use viewer::{Plan, Window};

/// How long viewers may take to join before counting begins without the missing ones.
const JOIN_PATIENCE: Duration = Duration::from_secs(20);

/// The most bytes of the server's metrics.
const MAX_METRICS: usize = 4 << 20;

/// Runs to the end and prints the figures.
pub fn run(args: &args::Load) -> Result<(), Failure> {
    // One thread: the generator takes one core, and leaves the others to the server that it measures.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Failed(format!("no runtime: {error}")))?;
    runtime.block_on(measure(args))
}

async fn measure(args: &args::Load) -> Result<(), Failure> {
    let mut target = Target::parse(&args.url)?;
    target.token = target.token.or_else(|| args.token.clone());
    let tls = tls_for(&target, args.insecure)?;
    // One connection first: a wrong address is one sentence, not a thousand failures.
    client::open_stream(&target, tls.as_ref())
        .await
        .map_err(|error| Failure::Failed(format!("{target} cannot be reached: {error}")))?;

    let viewers = args.viewers.get();
    let (window, window_receiver) = watch::channel(None);
    let plan = Arc::new(Plan {
        target: target.clone(),
        tls: tls.clone(),
        images: args.images,
        round_trip: Duration::from_millis(args.round_trip),
        window: window_receiver,
    });
    let joined = Arc::new((AtomicUsize::new(0), Notify::new()));
    let mut tasks = JoinSet::new();
    let begin = Instant::now();
    for index in 0..viewers {
        let (plan, joined) = (Arc::clone(&plan), Arc::clone(&joined));
        let due = begin + Duration::from_secs_f64(index as f64 / args.join_rate.get() as f64);
        tasks.spawn(async move {
            sleep_until(due.into()).await;
            let on_join = move || {
                if joined.0.fetch_add(1, Ordering::Relaxed) + 1 == viewers {
                    joined.1.notify_one();
                }
            };
            viewer::watch(&plan, on_join).await
        });
    }
    let joining = Duration::from_secs_f64(viewers as f64 / args.join_rate.get() as f64) + JOIN_PATIENCE;
    if timeout(joining, joined.1.notified()).await.is_err() {
        tracing::warn!("only {} of {viewers} viewers have a picture", joined.0.load(Ordering::Relaxed));
    }
    if !args.json {
        eprintln!("{viewers} viewers of {target}, {} s …", args.seconds);
    }

    let before = server_account(&target, tls.as_ref()).await;
    let counted = Duration::from_secs_f64(args.seconds);
    let start = Instant::now();
    window.send_replace(Some(Window { begin: start, end: start + counted }));
    let mut tallies = Vec::with_capacity(viewers);
    while let Some(tally) = tasks.join_next().await {
        tallies.push(tally.map_err(|error| Failure::Failed(format!("a viewer ended badly: {error}")))?);
    }
    let elapsed = start.elapsed().as_secs_f64();
    let after = server_account(&target, tls.as_ref()).await;
    let cost = before.zip(after).map(|((cpu_before, _), (cpu_after, resident))| ServerCost {
        cores: (cpu_after - cpu_before) / elapsed,
        resident_mb: resident / 1e6,
    });

    let report = Report::new(target.to_string(), args.seconds, &tallies, cost);
    if args.json {
        crate::output::json(&report)?;
    } else {
        report.print();
    }
    if report.failed == viewers { Err(Failure::Failed("no viewer held out".to_owned())) } else { Ok(()) }
}

/// CPU seconds and resident bytes of the server process, by its own metrics.
async fn server_account(target: &Target, tls: Option<&Tls>) -> Option<(f64, f64)> {
    let mut answer = client::get(target, "/metrics/prometheus", tls).await.ok()?;
    let text = answer.text(MAX_METRICS).await.ok().filter(|_| answer.status.is_success())?;
    let value = |name: &str| {
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse::<f64>().ok())
    };
    Some((value("process_cpu_seconds_total")?, value("process_resident_memory_bytes")?))
}
