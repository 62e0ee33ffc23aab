#include "core/workers.h"

#include <boost/asio/post.hpp>
#include <utility>

namespace tandem::core {

void WorkerThreads::post(std::function<void()> work) { asio::post(threads_, std::move(work)); }

void WorkersOnDemand::post(std::function<void()> work) {
  if (!threads_) threads_.emplace(count_);
  threads_->post(std::move(work));
}

}  // namespace tandem::core
