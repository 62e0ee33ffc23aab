// All builds of the region that go on.
#pragma once

#include <string>

#include "services/codebuild/engine/build_run.h"
#include "workflow/durable_runs.h"

namespace tandem::codebuild {

/// On the loop's thread. start() once, stop() is awaited before the end.
class Builder {
 public:
  /// Borrows everything.
  Builder(const service::Environment& environment, CodeBuildPorts& ports, BuildStore& builds,
          service::KeyRing& keys);

  /// Removes what a process that was killed has left behind, and goes on with its builds.
  void start();
  Task<void> stop();
  /// After stop(): as start().
  void go_on();

  /// A build that has just been stored.
  void begin(const std::string& id);
  /// Asks a build to end, if it goes on. Throws StoreError.
  void end(const std::string& id);
  bool goes_on(const std::string& id) const { return runs_.find(id) != nullptr; }
  std::size_t count(std::string_view project) const;
  /// Those that wait for their turn, or for rooms of an earlier process to be cleared, too.
  std::size_t under_way() const { return builds_.open().size(); }

 private:
  void run(const std::string& id, workflow::Start how);
  /// Rooms that nobody lives in are cleared before any is opened.
  Task<void> sweep();

  const service::Environment& environment_;
  CodeBuildPorts& ports_;
  BuildStore& builds_;
  RoleKeys keys_;
  BuildQueue queue_;
  Workshop shop_;
  bool swept_ = false;
  std::unique_ptr<core::TaskGroup> sweeping_;
  workflow::DurableRuns<BuildRun> runs_;  ///< by id
};

}  // namespace tandem::codebuild
