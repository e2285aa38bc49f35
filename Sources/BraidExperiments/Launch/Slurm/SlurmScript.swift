import Foundation

/// The script of an array job's tasks, and the arguments it is submitted with.
///
/// A task trains the cells of its line in `tasks.txt` one after the other, each in a process of its own: one that fails
/// does not take the others along. It notes what happens in `tasks/N.txt`, so that how it ended is known without a database.
struct SlurmScript {
  let plan: Plan
  let experiment: String
  let options: SlurmOptions
  let command: WorkerCommand
  /// What workers find in their environment.
  let variables: [String: String]

  private static let placeholder = "BRAID_CELL"

  /// For a submission in a folder.
  func text(in folder: String) -> String {
    let words = [command.executable] + command.arguments(experiment, SlurmScript.placeholder)
    let worker = words.map { SlurmScript.quoted($0).replacing(SlurmScript.placeholder, with: "'\"$cell\"'") }
    let steps = options.modules.map { "module load \(SlurmScript.quoted($0))" } + options.setup
    let preparation = steps.map { "{\n\($0)\n} || give_up \(SlurmScript.quoted($0))\n" }.joined()
    let exports = variables.sorted { $0.key < $1.key }.map { "export \($0.key)=\(SlurmScript.quoted($0.value))\n" }
    return """
      #!/bin/bash\(options.modules.isEmpty ? "" : " -l")
      # Braid, experiment \(plan.name): task N trains the cells in line N + 1 of tasks.txt, one after the other, and notes
      # in tasks/N.txt what becomes of them.
      folder=\(SlurmScript.quoted(folder))
      if [ -e "$folder/closed" ] || [ -e "$folder/cancelled" ]; then exit 0; fi
      task=$SLURM_ARRAY_TASK_ID
      record="$folder/tasks/$task.txt"
      say() { printf '%s\\n' "$*" >>"$record"; }
      stop_if_told() {
        if [ -n "$stopped" ]; then
          say stopped
          exit 143
        fi
      }
      give_up() {
        stop_if_told # what it was at was ended, too
        say unprepared "${1//$'\\n'/ }"
        exit 1
      }
      stopped=
      trap 'stopped=yes' TERM
      say start "${SLURM_RESTART_COUNT:-0}" "${SLURMD_NODENAME:-unknown}"
      \(preparation)unset \(Worker.supervisedVariable)
      \(exports.joined())# of the file that will run: it may be another than when the job was submitted
      digest=$(sha256sum \(SlurmScript.quoted(command.executable)) 2>/dev/null)
      if [ -n "$digest" ]; then export \(ExecutableFile.digestVariable)="${digest%% *}"; fi
      failed=0
      for cell in $(sed -n "$((task + 1))p" "$folder/tasks.txt" | cut -d ' ' -f 3-); do
        if grep -q "^end $cell " "$record"; then continue; fi # it ended before the task was requeued
        stop_if_told
        said="$folder/tasks/$cell.said"
        say cell "$cell"
        \(worker.joined(separator: " ")) 2>"$said"
        status=$?
        cat "$said" >&2
        if [ $status -eq 143 ]; then stopped=yes; fi
        stop_if_told
        # killed, perhaps together with this script: then it does not come to the next line
        if [ $status -eq 137 ]; then sleep 1; fi
        if [ $status -eq 0 ]; then rm -f "$said"; else failed=2; fi
        say end "$cell" $status
      done
      stop_if_told # perhaps before it had read what to do
      say finished
      if [ ! -s "$folder/logs/$task.txt" ]; then rm -f "$folder/logs/$task.txt"; fi
      exit $failed

      """
  }

  /// What `sbatch` is called with.
  func arguments(for submission: Submission) -> [String] {
    let atOnce = options.tasksAtOnce > 0 ? "%\(options.tasksAtOnce)" : ""
    let threads = plan.cells.first?.configuration.threads ?? 1
    var result = [
      "--parsable", "--job-name=\(submission.name)", "--array=0-\(submission.tasks.count - 1)\(atOnce)",
      "--output=\(submission.path)/logs/%a.txt", "--open-mode=append",
      "--chdir=\(FileManager.default.currentDirectoryPath)", "--comment=Braid: \(experiment)", "--requeue",
      "--nodes=1", "--ntasks=1", "--cpus-per-task=\(options.cpus > 0 ? options.cpus : threads)",
    ]
    if !options.partition.isEmpty { result.append("--partition=\(options.partition)") }
    if !options.account.isEmpty { result.append("--account=\(options.account)") }
    if !options.time.isEmpty { result.append("--time=\(options.time)") }
    if !options.memory.isEmpty { result.append("--mem=\(options.memory)") }
    if options.gpus > 0 { result.append("--gres=gpu:\(options.gpus)") }
    return result + options.arguments + [submission.script]
  }

  /// A word for the shell.
  static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}
