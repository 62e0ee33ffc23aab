// The topology on this machine: the state folder, addresses and ports, and the processes.
//
// .tandem/ beside the topology file holds config.json (0600), ca/, api-key (0600), lock and a
// folder for each process (store, log, pid). Nothing here talks AWS.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "service/config.h"
#include "topology/lock.h"
#include "topology/topology.h"

namespace tandem::topology {

struct LocalError : std::exception {
  explicit LocalError(std::string message) : message(std::move(message)) {}
  const char* what() const noexcept override { return message.c_str(); }
  std::string message;
};

/// Something asked about is not running, or was never started.
struct NotRunning : LocalError {
  using LocalError::LocalError;
};

/// One process of the world: a region, or "global".
struct ProcessState {
  std::string name;
  std::string address;
  std::optional<pid_t> pid;  ///< of the running process
};

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

  /// To be held by whoever changes the world.
  [[nodiscard]] WorldLock lock() const { return {folder_, note_}; }

  /// Makes the CA, the credentials and the configuration, or brings them up to date with the
  /// topology; processes whose configuration changed are stopped. Regions that left the topology
  /// stay until forget_leaving(). Throws LocalError, and TopologyError when the account changed.
  void prepare(const Topology& topology);
  /// Regions that still are here and no longer in the topology.
  std::vector<std::string> leaving(const Topology& topology) const;
  /// Stops them and removes their data.
  void forget_leaving(const Topology& topology);
  /// Starts what is not running, all at once, and returns when everything answers, also what an
  /// interrupted command began to start. Returns the names started.
  std::vector<std::string> start_missing();
  /// False when it was running already.
  bool start(const std::string& name);
  /// SIGTERM, then waits until it is gone. False when it was not running.
  bool stop(const std::string& name);
  /// SIGKILL: the crash that regions are there to survive. False when it was not running.
  bool kill(const std::string& name);
  void stop_all();

  std::vector<ProcessState> processes() const;
  const service::Config& config() const { return config_; }
  const std::filesystem::path& folder() const { return folder_; }
  std::filesystem::path ca_file() const { return folder_ / "ca" / "ca.pem"; }
  std::filesystem::path log_file(const std::string& name) const { return folder_ / name / "log"; }
  /// The key valid in every region: made on first use, kept since. Secret.
  std::string api_key();

 private:
  std::optional<pid_t> running_pid(const std::string& name) const;
  bool signal_and_wait(const std::string& name, int number);
  service::Config desired_config(const Topology& topology, const service::Config* previous);
  void choose_ports(const Topology& topology, service::Config& config,
                    const service::Config* previous);
  void change_config(service::Config wanted);
  void await_answer(const std::string& name) const;
  std::vector<std::string> names() const;
  int spawn(const std::string& name);

  Note note_;
  std::filesystem::path folder_;
  service::Config config_;
};

}  // namespace tandem::topology
