use clap::Args;

#[derive(Debug, Clone, Args)]
pub struct Doctor {
    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}
