use clap::Args;

/// What every command that writes a file takes.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Output")]
pub struct Said {
    /// Replace the output where it exists.
    #[arg(long)]
    pub force: bool,

    /// Print a report as JSON on standard output at the end.
    #[arg(long)]
    pub json: bool,

    /// Say nothing but warnings and errors.
    #[arg(long)]
    pub quiet: bool,
}
