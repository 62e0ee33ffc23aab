// Objects as files: those of this region's buckets by way of its own S3, in the process, and those
// of other regions' over HTTP. Content moves in slices and is read and written on the pool.
#pragma once

#include <filesystem>
#include <string>

#include "core/workers.h"
#include "service/dispatch.h"
#include "service/object_files.h"
#include "service/remote_api.h"

namespace tandem::region {

class RegionObjectFiles final : public service::ObjectFiles {
 public:
  /// own: this region. regions: AWS's API of the others. Borrows what it is given.
  RegionObjectFiles(std::string own, service::Dispatcher& here, service::RemoteApi& regions,
                    core::Workers& pool)
      : own_(std::move(own)), here_(here), regions_(regions), pool_(pool) {}

  Task<service::StoredObject> read(service::ObjectPlace place, std::filesystem::path file,
                                   std::uint64_t limit, std::string caller) override;
  /// Also throws ApiError RequestOutcomeUnknown, as service/effects.h says, of another region.
  Task<service::StoredObject> write(service::ObjectPlace place, std::filesystem::path file,
                                    json::object more, std::string caller) override;

 private:
  bool is_here(const service::ObjectPlace& place) const;
  Task<service::StoredObject> fetch(service::ObjectPlace place, std::filesystem::path file,
                                    std::uint64_t limit, std::string caller);
  Task<service::StoredObject> send(service::ObjectPlace place, std::filesystem::path file,
                                   json::object more, std::string caller);
  Task<service::Streamed> ask(aws::ApiCall call, service::Content content);

  std::string own_;
  service::Dispatcher& here_;
  service::RemoteApi& regions_;
  core::Workers& pool_;
};

}  // namespace tandem::region
