// A region's side of the one namespace: global's list is asked, and without it the other regions
// themselves, which is enough for everything but a new name.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "service/remote_api.h"
#include "services/s3/names/holders.h"

namespace tandem::s3 {

class NamesOfOthers final : public BucketNames {
 public:
  /// Whether a bucket is one of AWS's services', in whichever region, and so nobody else's.
  using IsService = std::function<bool(std::string_view bucket)>;
  /// own: this region. regions: AWS's API of the others. Borrows what it is given.
  NamesOfOthers(std::string own, Questions questions, service::RemoteApi& regions,
                IsService is_service)
      : own_(std::move(own)),
        questions_(questions),
        holders_(questions),
        regions_(regions),
        is_service_(std::move(is_service)) {}

  Task<std::optional<std::string>> find(std::string bucket) override;
  Task<std::vector<NamedBucket>> list() override;
  Task<std::optional<std::string>> claim(std::string bucket, std::int64_t created_s) override;
  Task<void> release(std::string bucket) override;
  Task<void> create(std::string region, json::object input) override;
  Task<FarObject> get(std::string region, json::object input) override;

 private:
  Task<std::optional<net::HttpResponse>> ask_global(std::string method, std::string path,
                                                    std::string body = "");
  std::string path_of(std::string_view bucket) const;
  Task<std::optional<std::string>> find_among_others(std::string bucket);
  Task<std::vector<NamedBucket>> list_of_others();

  std::string own_;
  Questions questions_;
  RegionHolders holders_;
  service::RemoteApi& regions_;
  IsService is_service_;
};

}  // namespace tandem::s3
