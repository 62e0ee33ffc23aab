// What a build leaves behind: files of its source folder, in S3.
#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <optional>
#include <sys/stat.h>
#include <system_error>

#include "archive/zip_writer.h"
#include "core/bytes.h"
#include "core/digest.h"
#include "core/text.h"
#include "services/codebuild/engine/build_run.h"

namespace tandem::codebuild {
namespace {

namespace fs = std::filesystem;

/// CodePipeline's artifacts are 5 GB at most.
constexpr std::uint64_t kArtifactBytes = 5ULL * 1024 * 1024 * 1024;
/// Of an artifact that is not packaged: each is an object.
constexpr std::size_t kObjects = 10'000;

struct TooLarge : std::runtime_error {
  TooLarge() : std::runtime_error("the artifact is larger than 5 GB") {}
};

net::Descriptor open_found(const SourceTree& tree, const ArtifactFile& file, std::uint64_t& left) {
  auto opened = tree.open_file(file.path);
  struct stat about {};
  if (!opened || ::fstat(opened->get(), &about) != 0) {
    throw std::runtime_error(fmt::format("{} went away while it was packaged", file.path));
  }
  const auto size = static_cast<std::uint64_t>(about.st_size);
  if (size > left) throw TooLarge();
  left -= size;
  return std::move(*opened);
}

struct Sums {
  std::string sha256;
  std::string md5;
};

Sums sums_of(const fs::path& file) {
  core::Digest sha256(core::Digest::Algorithm::kSha256);
  core::Digest md5(core::Digest::Algorithm::kMd5);
  std::ifstream in(file, std::ios::binary);
  std::array<char, 64 * 1024> piece{};
  while (in.read(piece.data(), piece.size()) || in.gcount() > 0) {
    const std::string_view bytes(piece.data(), static_cast<std::size_t>(in.gcount()));
    sha256.update(bytes);
    md5.update(bytes);
  }
  if (in.bad()) throw std::system_error(errno, std::generic_category(), file.string());
  return {core::hex_encode(sha256.finish()), core::hex_encode(md5.finish())};
}

Sums pack(const fs::path& root, const ArtifactFiles& found, const fs::path& zip, const Halt& halt) {
  const SourceTree tree(root);
  std::uint64_t left = kArtifactBytes;
  fs::remove(zip);
  FileWork work(halt, zip.parent_path());
  archive::ZipWriter writer(zip, [&work](std::uint64_t bytes) { work.step(bytes); });
  for (const ArtifactFile& file : found.files) {
    if (!file.target.empty()) {
      writer.add_link(file.name, file.target);
    } else {
      writer.add(
          file.name, [&tree, &file, &left] { return open_found(tree, file, left); }, file.mode);
    }
  }
  writer.close();
  return sums_of(zip);
}

/// A file of ours: what is in the source folder may be another by the time it is sent.
void copy(const fs::path& root, const ArtifactFile& file, std::uint64_t& left, const fs::path& to,
          const Halt& halt) {
  const SourceTree tree(root);
  FileWork work(halt, to.parent_path());
  const net::Descriptor from = open_found(tree, file, left);
  fs::remove(to);
  const net::Descriptor into(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (into.get() < 0) throw std::system_error(errno, std::generic_category(), to.string());
  std::array<char, 64 * 1024> piece{};
  std::uint64_t copied = 0;
  while (true) {
    const ssize_t got = ::read(from.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw std::system_error(errno, std::generic_category(), file.path);
    if (got == 0) return;
    work.step(static_cast<std::uint64_t>(got));
    copied += static_cast<std::uint64_t>(got);
    if (copied > kArtifactBytes) throw TooLarge();  // it grows while it is read
    for (ssize_t done = 0; done < got;) {
      const ssize_t wrote =
          ::write(into.get(), piece.data() + done, static_cast<std::size_t>(got - done));
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) throw std::system_error(errno, std::generic_category(), to.string());
      done += wrote;
    }
  }
}

std::string joined(std::string_view a, std::string_view b) {
  while (a.ends_with('/')) a.remove_suffix(1);
  while (b.starts_with('/')) b.remove_prefix(1);
  if (a.empty()) return std::string(b);
  return b.empty() ? std::string(a) : fmt::format("{}/{}", a, b);
}

/// <path>/<build's uuid>/<name>, each where there is one ("ProjectArtifacts"). A name of "/" is the
/// folder itself.
std::string key_of(const json::object& settings, const std::string& uuid, const std::string& name) {
  std::string key = joined("", json::string_or(settings, "path"));
  if (json::string_or(settings, "namespaceType") == "BUILD_ID") key = joined(key, uuid);
  return joined(key, name);
}

json::object more_of(bool encrypted) {
  json::object more;
  if (encrypted) more["ServerSideEncryption"] = "AES256";
  return more;
}

std::string arn_of(const ObjectName& object) {
  return fmt::format("arn:aws:s3:::{}/{}", object.bucket, object.key);
}

/// An artifact's patterns with the variables of the build, and what its base directory is relative
/// to, below the source folder.
struct Resolved {
  ArtifactSpec spec;
  std::string folder;
};
/// Nothing: the base directory is elsewhere.
std::optional<Resolved> resolve(ArtifactSpec spec, const Variables& variables,
                                std::string_view inside, std::string folder) {
  for (std::string& each : spec.files) each = expand(each, variables);
  for (std::string& each : spec.exclude_paths) each = expand(each, variables);
  std::string base = expand(spec.base_directory, variables);
  const bool absolute = base.starts_with('/');
  if (absolute) {
    if (!base.starts_with(inside)) return std::nullopt;
    base = joined("", base.substr(inside.size()));
  }
  auto normal = normal_path(base);
  if (!normal && !absolute) {
    // "../other" may well be the folder of another source.
    normal = normal_path(joined(folder, base));
    folder.clear();
  }
  if (!normal) return std::nullopt;
  spec.base_directory = std::move(*normal);
  return Resolved{std::move(spec), absolute ? "" : std::move(folder)};
}

}  // namespace

const ArtifactSpec* BuildRun::spec_of(const json::object& settings, bool primary) const {
  const std::string identifier = json::string_or(settings, "artifactIdentifier");
  const auto found =
      std::find_if(spec_.secondary_artifacts.begin(), spec_.secondary_artifacts.end(),
                   [&](const auto& each) { return each.first == identifier; });
  if (primary && spec_.artifacts.given) return &spec_.artifacts;
  return found == spec_.secondary_artifacts.end() ? nullptr : &found->second;
}

Task<PhaseEnd> BuildRun::upload() {
  PhaseEnd end;
  Task<Variables> asking = shell_variables();
  const Variables variables = co_await std::move(asking);
  json::array all{record_.settings.at("artifacts")};
  if (const auto* more = json::find_array(record_.settings, "secondaryArtifacts")) {
    all.insert(all.end(), more->begin(), more->end());
  }
  for (std::size_t i = 0; i < all.size() && !halted(); ++i) {
    json::object settings = all[i].as_object();
    if (json::string_or(settings, "type") != "S3") continue;
    const ArtifactSpec* spec = spec_of(settings, i == 0);
    if (spec == nullptr) {
      const std::string identifier = json::string_or(settings, "artifactIdentifier");
      co_return failure(
          "CLIENT_ERROR",
          i == 0 ? std::string("no definition for primary artifact in buildspec")
                 : fmt::format("no definition for secondary artifact {} in buildspec", identifier));
    }
    Task<PhaseEnd> sending = upload_artifact(std::move(settings), *spec, variables);
    end = co_await std::move(sending);
    if (end.status != Status::kSucceeded) break;
  }
  co_return end;
}

Task<PhaseEnd> BuildRun::upload_artifact(json::object settings, ArtifactSpec spec,
                                         Variables variables) {
  const std::string shown = spec.base_directory;
  auto given = resolve(spec, variables, room_->source_inside(), source_folder());
  if (!given) {
    co_return failure("CLIENT_ERROR",
                      fmt::format("no matching base directory path found for {}", shown));
  }
  auto find = [root = room_->source_outside(), looked_for = std::move(*given), halt = halt_] {
    FileWork work(halt, root);
    return find_artifact_files(SourceTree(root), looked_for.folder, looked_for.spec, work);
  };
  ArtifactFiles found = co_await core::run_blocking(shop_.ports.slow, std::move(find));
  for (const std::string& line : found.log) log_->line(line);
  if (!found.complaint.empty()) co_return failure("CLIENT_ERROR", found.complaint);
  Task<std::string> naming = artifact_name(settings, spec);
  const std::string name = co_await std::move(naming);
  ObjectName object{json::string_or(settings, "location"), key_of(settings, record_.uuid(), name)};
  const bool encrypted = !json::bool_or(settings, "encryptionDisabled", false);
  const bool packed = json::string_or(settings, "packaging") == "ZIP";
  if (packed && object.key.empty()) object.key = record_.project() + ".zip";
  Task<json::object> sending = packed
                                   ? upload_zip(std::move(object), encrypted, std::move(found))
                                   : upload_files(std::move(object), encrypted, std::move(found));
  json::object sent = co_await std::move(sending);
  sent["overrideArtifactName"] = json::bool_or(settings, "overrideArtifactName", false);
  sent["encryptionDisabled"] = !encrypted;
  const std::string identifier = json::string_or(settings, "artifactIdentifier");
  if (!identifier.empty()) sent["artifactIdentifier"] = identifier;
  const bool primary = settings == record_.settings.at("artifacts").as_object();
  if (primary) {
    artifacts_ = std::move(sent);
  } else {
    secondary_artifacts_.push_back(std::move(sent));
  }
  co_return PhaseEnd{};
}

/// A buildspec's name is worked out by the build's shell: "app-$(date +%Y-%m-%d)".
Task<std::string> BuildRun::artifact_name(json::object settings, ArtifactSpec spec) {
  const std::string usual = json::string_or(settings, "name", record_.project());
  if (!json::bool_or(settings, "overrideArtifactName", false) || spec.name.empty()) {
    co_return usual;
  }
  std::string text = "printf '%s' \"";
  for (const char c : spec.name) text += c == '"' ? std::string("\\\"") : std::string(1, c);
  Task<std::string> asking =
      ask(text + '"', spec_.new_shells ? Command::Shell::kNew : Command::Shell::kSame);
  std::string name = co_await std::move(asking);
  if (name.empty() || name.size() > 900 || !core::is_utf8(name)) {
    throw BuildspecError("CLIENT_ERROR", fmt::format("invalid artifact name {}", spec.name));
  }
  co_return name;
}

Task<json::object> BuildRun::upload_zip(ObjectName object, bool encrypted, ArtifactFiles found) {
  const fs::path zip = shop_.transfers / record_.uuid() / "artifact.zip";
  auto work = [root = room_->source_outside(), files = std::move(found), zip, halt = halt_] {
    return pack(root, files, zip, halt);
  };
  const Sums sums = co_await core::run_blocking(shop_.ports.slow, std::move(work));
  service::ObjectPlace place;
  place.bucket = object.bucket;
  place.key = object.key;
  auto writing = shop_.ports.objects.write(std::move(place), zip, more_of(encrypted), session());
  co_await std::move(writing);
  json::object shown;
  shown["location"] = arn_of(object);
  shown["sha256sum"] = sums.sha256;
  shown["md5sum"] = sums.md5;
  co_return shown;
}

Task<json::object> BuildRun::upload_files(ObjectName object, bool encrypted, ArtifactFiles found) {
  if (found.files.size() > kObjects) {
    throw BuildspecError(
        "CLIENT_ERROR",
        fmt::format("more than {} files in an artifact that is not packaged", kObjects));
  }
  const fs::path to = shop_.transfers / record_.uuid() / "file";
  std::uint64_t left = kArtifactBytes;
  for (const ArtifactFile& file : found.files) {
    if (halted()) break;
    if (!core::is_utf8(file.name)) {
      throw BuildspecError("CLIENT_ERROR", "an artifact's file has a name that is not UTF-8");
    }
    auto work = [root = room_->source_outside(), &file, &left, to, halt = halt_] {
      copy(root, file, left, to, halt);
    };
    co_await core::run_blocking(shop_.ports.slow, std::move(work));
    service::ObjectPlace place;
    place.bucket = object.bucket;
    place.key = joined(object.key, file.name);
    auto writing = shop_.ports.objects.write(std::move(place), to, more_of(encrypted), session());
    co_await std::move(writing);
  }
  json::object shown;
  shown["location"] = arn_of(object);
  co_return shown;
}

}  // namespace tandem::codebuild
