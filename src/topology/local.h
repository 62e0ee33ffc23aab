// The topology on this machine: the state folder, addresses and ports, and the processes.
//
// .tandem/ beside the topology file holds config.json (0600), ca/, api-key (0600), lock and a
// folder for each process (store, log, pid). Nothing here talks AWS.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "core/clock.h"
#include "net/key_maker.h"
#include "service/config.h"
#include "service/region_settings.h"
#include "topology/lock.h"
#include "topology/ping.h"
#include "topology/process_table.h"
#include "topology/topology.h"

namespace tandem::topology {

struct LocalError : std::exception {
  explicit LocalError(std::string text) : message(std::move(text)) {}
  const char* what() const noexcept override { return message.c_str(); }
  std::string message;
};

/// Something asked about is not running, or was never started.
struct NotRunning : LocalError {
  using LocalError::LocalError;
};

enum class Life {
  kStopped,
  kRunning,
  kUnwell,  ///< it answers, and says that it cannot do its work
  kSilent,  ///< it is there and does not answer: frozen, or stuck
};
/// "running", "unwell", "does not answer", "stopped".
std::string_view life_text(Life life);

/// How a process that is not there came to its end, as far as that can be known.
struct Ending {
  enum class How {
    kStopped,  ///< in good order; also one that never ran
    kKilled,   ///< by `region kill`, or because it did not answer
    kCrashed   ///< nobody here ended it
  };
  How how = How::kStopped;
  std::string at;  ///< ISO 8601; empty when it is not known
};
/// What `<process>/ended` says, "killed 2026-11-29T03:00:00.000Z"; also for its test.
Ending parse_ending(std::string_view text);
/// For a process that ends in good order, whoever told it to: leaves a note in its working folder,
/// and takes its pid file away. Does nothing in a folder that is another process's by now.
void note_own_end();

/// One process of the world: a region, or "global".
struct ProcessState {
  std::string name;
  std::string address;
  std::optional<pid_t> pid;  ///< unless it is stopped
  Life life = Life::kStopped;
  std::string problem;  ///< why it is unwell or silent, as far as that can be seen
  std::string store;    ///< "disk-low", "store-failed" …: see docs/tandem-endpoints.md
  std::string clock;    ///< why its clock makes it refuse writes
  Ending ending;        ///< when it is stopped

  bool answers() const { return life == Life::kRunning || life == Life::kUnwell; }
};
/// life_text(), and of one that is not there how it ended: "stopped", "killed", "crashed".
std::string_view state_text(const ProcessState& process);
/// "us-east-1 (pid 7) does not answer; 'tandem region kill us-east-1' …", or that it is stopped.
std::string advice(const ProcessState& process);

class LocalWorld {
 public:
  using Note = std::function<void(std::string_view)>;

  /// The world of a topology file, which need not be there. note gets a sentence whenever something
  /// was decided that the user should know. Throws LocalError when it is another user's.
  LocalWorld(const std::filesystem::path& file, Note note);

  /// Reads the state another command left. Nothing when there is none.
  static std::optional<LocalWorld> find(const std::filesystem::path& file, Note note = {});
  /// Throws NotRunning when there is none.
  static LocalWorld open(const std::filesystem::path& file, Note note = {});

  /// For those who stop things: whatever state the configuration is in. A note says when it is lost
  /// or damaged.
  static LocalWorld salvage(const std::filesystem::path& file, const Note& note = {});

  /// To be held by whoever changes the world.
  [[nodiscard]] WorldLock lock() const { return {folder_, note_}; }

  /// Makes the CA, the credentials and the configuration, or brings them up to date with the
  /// topology. What runs is told of regions that came, and stopped when anything else changed.
  /// Regions that left the topology stay until forget_leaving(). Throws LocalError, and
  /// TopologyError when the account changed.
  void prepare(const Topology& topology);
  /// What prepare() and start_missing() would do to the processes. Throws LocalError.
  struct ProcessChanges {
    std::vector<std::string> settings;  ///< "clock", "network.ports.http (80 → 8080)" …
    std::vector<std::string> anew;      ///< who starts anew because of them
    std::vector<std::string> start;     ///< regions that are new
    std::vector<std::string> end;       ///< regions that leave
    bool any() const { return !settings.empty() || !end.empty(); }
  };
  ProcessChanges process_changes(const Topology& topology) const;
  /// Throws TopologyError when the topology's account is not the one that everything was made in.
  void check_account(const Topology& topology) const;
  /// Regions that still are here and no longer in the topology.
  std::vector<std::string> leaving(const Topology& topology) const;
  /// Stops them and removes their data.
  void forget_leaving(const Topology& topology);
  /// Starts what is not running, all at once, and returns when everything answers, also what an
  /// interrupted command began to start. Returns the names started. Throws NotRunning about those
  /// that do not answer once the others are started.
  std::vector<std::string> start_missing();
  /// False when it was running already. Throws NotRunning when it does not answer.
  bool start(const std::string& name);
  /// SIGTERM, then waits until it is gone; one that does not answer is ended by SIGKILL, with a
  /// note. False when it was not running.
  bool stop(const std::string& name);
  /// SIGKILL: the crash that regions are there to survive. False when it was not running.
  bool kill(const std::string& name);
  /// All at once, and whatever else runs on this state folder. Returns the names stopped.
  std::vector<std::string> stop_all();
  /// Ends processes of this project whose state folder was removed or replaced, with a note. They
  /// have nothing to save, and keep the ports.
  void end_strays();

  /// Asks every process that is there, all at once: takes two seconds when one does not answer.
  std::vector<ProcessState> processes() const;
  /// "global", then the regions.
  std::vector<std::string> names() const;
  const service::Config& config() const { return config_; }
  const service::RegionSettings& settings() const { return settings_; }
  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path ca_file() const { return folder_ / "ca" / "ca.pem"; }
  std::filesystem::path log_file(const std::string& name) const { return folder_ / name / "log"; }
  /// The key valid in every region, as it was kept; nothing (and a note, when there should be one)
  /// when the file is lost or damaged. Secret.
  std::optional<std::string> find_api_key() const;
  /// Keeps it in a file of its own. Throws LocalError.
  void keep_api_key(const std::string& key);
  /// Throws LocalError when the local CA is lost or damaged, and clients would trust nobody.
  void check_ca() const;

 private:
  struct Leaving;
  /// Those of them that are there.
  std::map<std::string, ProcessId> find_processes(const std::vector<std::string>& names) const;
  std::optional<pid_t> running_pid(const std::string& name) const;
  std::vector<std::string> end(const std::vector<std::string>& names, int number);
  void end_silent(std::vector<Leaving>& endings);
  Ending ending_of(const std::string& name) const;
  void note_end(const Leaving& ended) const;
  PingTarget target_of(const std::string& name) const;
  std::optional<service::Config> previous_config();
  void mend_ca(bool first);
  void mend_world_id();
  service::Config desired_config(const Topology& topology, const service::Config* previous,
                                 const Note& note) const;
  void choose_ports(const Topology& topology, service::Config& config,
                    const service::Config* previous, const Note& note) const;
  void change_config(service::Config wanted, const service::RegionSettings& settings);
  void write_config() const;
  void tell_regions();
  bool await_answer(const std::string& name, int& left_ms) const;
  /// A process that has been started, and the reading end of its ready pipe.
  struct Starting {
    pid_t child;
    int ready;
  };
  Starting spawn(const std::string& name);
  /// "" when it serves, else why it does not; closes the pipe.
  std::string await_start(const std::string& name, const Starting& starting);

  Note note_;
  core::SystemClock clock_;
  mutable net::OpenSslKeys keys_;  ///< for the local CA
  std::filesystem::path folder_;
  service::Config config_;
  service::RegionSettings settings_;  ///< in the same file
};

}  // namespace tandem::topology
