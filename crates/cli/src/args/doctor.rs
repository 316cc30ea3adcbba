use clap::Args;

#[derive(Debug, Clone, Args)]
pub struct Doctor {
    /// Forget what was found about encoders in hardware, and look again. What is found and sound is kept in the
    /// cache folder of the user for thirty days, or until the system or this program changes; without hardware this does
    /// nothing.
    #[arg(long)]
    pub refresh: bool,

    /// Print JSON.
    #[arg(long)]
    pub json: bool,
}
