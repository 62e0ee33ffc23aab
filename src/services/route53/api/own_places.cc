#include "services/route53/api/own_places.h"

#include <filesystem>
#include <stdexcept>

#include "core/files.h"

namespace tandem::route53 {

aws::Places read_places(const service::Config& config) {
  if (config.state_folder.empty()) return aws::Places::built_in();
  const std::filesystem::path file = config.state_folder.parent_path() / "tandem-places.txt";
  std::error_code failed;
  if (!std::filesystem::exists(file, failed)) return aws::Places::built_in();
  if (std::filesystem::file_size(file, failed) > aws::Places::kMaxBytes && !failed) {
    throw std::runtime_error(file.string() + ": the file is larger than 4 MiB");
  }
  auto places = aws::Places::read(aws::places_table(), core::read_file(file));
  if (!places) throw std::runtime_error(file.string() + ": " + places.error().message);
  return std::move(places).value();
}

}  // namespace tandem::route53
