// Runs programs in cells on this machine, and watches what they take.
#pragma once

#include <memory>
#include <vector>

#include "services/lambda/exec/cell_program.h"
#include "services/lambda/exec/event.h"

namespace tandem::lambda {

class CellRunner final : public ProgramRunner, private CellWatch {
 public:
  /// Borrows host.
  explicit CellRunner(Host& host);

  void start() override;
  Task<void> stop() override;
  Task<std::shared_ptr<Program>> run(ProgramOptions options) override;

 private:
  using Programs = std::vector<std::shared_ptr<CellProgram>>;
  void program_runs() override { active_.set(); }
  void program_froze() override { froze_.set(); }
  /// Those that are alive and for which holds does.
  Programs programs(bool (CellProgram::*holds)() const);
  Task<void> watch();
  Task<void> hold_frozen();

  Host& host_;
  std::vector<std::weak_ptr<CellProgram>> programs_;
  std::unique_ptr<core::TaskGroup> roots_;
  Event active_;  ///< there may be something to watch
  Event froze_;   ///< there may be something to hold
};

}  // namespace tandem::lambda
