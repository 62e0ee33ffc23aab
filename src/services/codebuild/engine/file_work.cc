#include "services/codebuild/engine/file_work.h"

#include <fmt/format.h>

#include "services/codebuild/model/buildspec.h"
#include "store/space.h"

namespace tandem::codebuild {

void FileWork::step(std::uint64_t bytes) {
  if (halt_->load(std::memory_order_relaxed)) {
    throw BuildspecError("CLIENT_ERROR", "the build has been ended");
  }
  since_looked_ += bytes;
  if (since_looked_ < kEvery) return;
  since_looked_ = 0;
  const auto space = store::space_of(folder_);
  if (!space || !store::runs_low(*space)) return;
  throw BuildspecError(
      "INTERNAL_SERVICE_ERROR",
      fmt::format("only {} of the machine's disk are free", store::megabytes(space->free_bytes)));
}

}  // namespace tandem::codebuild
