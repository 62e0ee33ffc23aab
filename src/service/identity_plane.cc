#include "service/identity_plane.h"

#include <algorithm>
#include <set>

#include "core/log.h"

namespace tandem::service {
namespace {

constexpr std::string_view kPosition = "position";
constexpr std::string_view kRecords = "records/";
constexpr std::string_view kKeys = "keys/";
constexpr std::string_view kSessions = "sessions/";
/// What is taken of an answer; global sends fewer.
constexpr std::size_t kMostRecords = 1'000;
constexpr std::size_t kLongestName = 2'100;  // a policy's ARN has 2048 characters at most
constexpr std::size_t kLongestFeed = 64;

std::string key_of(std::string_view name) { return std::string(kRecords) + std::string(name); }

/// The first key after this name's.
std::string after(std::string_view name) { return key_of(name) + '\0'; }

std::optional<json::object> parse(std::string_view text) {
  auto parsed = json::parse_text(text, 128);
  if (!parsed || !parsed.value().is_object()) return std::nullopt;
  return std::move(std::move(parsed).value().as_object());
}

bool is_key(std::string_view name) {
  return name.starts_with(kKeys) || name.starts_with(kSessions);
}

bool is_name(std::string_view name) {
  const auto slash = name.find('/');
  return slash != std::string_view::npos && slash > 0 && slash + 1 < name.size() &&
         name.size() <= kLongestName;
}

}  // namespace

IdentityPlane::IdentityPlane(store::Store& store, KeyRing& ring) : store_(store), ring_(ring) {
  load();
}

void IdentityPlane::load() {
  const auto stored = store_.get(kPosition);
  const auto position = stored ? parse(*stored) : std::nullopt;
  bool damaged = stored && !position;
  if (position) {
    position_ = {json::string_or(*position, "Feed"), json::int_or(*position, "Version", 0)};
  }
  store::for_each(store_, kRecords, [&](std::string_view key, std::string_view text) {
    const std::string name(key.substr(kRecords.size()));
    if (!is_key(name)) return true;
    const auto document = parse(text);
    damaged |= !document;
    if (document) show(name, document);
    return true;
  });
  if (!damaged) return;
  log::warning("identities: a damaged record; everything is asked for anew");
  position_ = {};
}

json::object IdentityPlane::position() const {
  if (!complete()) return {};
  return {{"Feed", position_.feed}, {"Version", position_.version}};
}

json::object IdentityPlane::wanted() const {
  if (anew_) return {};
  if (!pages_) return position();
  return {{"Feed", pages_->position.feed},
          {"Version", pages_->position.version},
          {"After", pages_->next}};
}

std::optional<json::object> IdentityPlane::find(std::string_view kind, std::string_view id) const {
  const auto text = store_.get(key_of(std::string(kind) + '/' + std::string(id)));
  return text ? parse(*text) : std::nullopt;
}

bool IdentityPlane::read_records(const json::array& list, Answer& into) {
  if (list.size() > kMostRecords) return false;
  for (const json::value& each : list) {
    if (!each.is_object()) return false;
    const json::object& told = each.as_object();
    Record record{json::string_or(told, "Name"), std::nullopt};
    if (!is_name(record.name)) return false;
    if (const auto* document = json::find_object(told, "Record")) record.document = *document;
    // In order, so that the range of a page is what stands in it.
    if (!into.records.empty() && record.name <= into.records.back().name) return false;
    into.records.push_back(std::move(record));
  }
  return true;
}

std::optional<IdentityPlane::Answer> IdentityPlane::read(const json::object& answer) {
  Answer found;
  found.position = {json::string_or(answer, "Feed"), json::int_or(answer, "Version", -1)};
  found.from = json::find_string(answer, "From");
  found.next = json::find_string(answer, "Next");
  found.since = json::int_or(answer, "Since", -1);
  const std::string& feed = found.position.feed;
  if (feed.empty() || feed.size() > kLongestFeed || found.position.version < 0) return std::nullopt;
  const auto* records = json::find_array(answer, "Records");
  if (records == nullptr || !read_records(*records, found)) return std::nullopt;
  if (!found.from) return found;
  for (const Record& record : found.records) {
    if (record.name <= *found.from || !record.document) return std::nullopt;
  }
  const bool ends =
      !found.next || (!found.records.empty() && *found.next == found.records.back().name);
  return ends ? std::optional(std::move(found)) : std::nullopt;
}

bool IdentityPlane::take(const json::object& answer) {
  const auto found = read(answer);
  const bool taken = found && (found->from ? take_page(*found) : take_changes(*found));
  if (!taken) pages_.reset();
  anew_ = !taken;
  return taken;
}

bool IdentityPlane::take_changes(const Answer& answer) {
  const bool follows = !pages_ && !anew_ && answer.position.feed == position_.feed &&
                       answer.since == position_.version && answer.position.version >= answer.since;
  if (!follows) return false;
  if (answer.records.empty() && answer.position.version == position_.version) return true;
  store::WriteBatch batch;
  for (const Record& record : answer.records) {
    if (record.document) {
      batch.put(key_of(record.name), json::to_text(*record.document));
    } else {
      batch.erase(key_of(record.name));
    }
  }
  batch.put(kPosition, json::to_text(json::object{{"Feed", answer.position.feed},
                                                  {"Version", answer.position.version}}));
  store_.write(std::move(batch));
  position_ = answer.position;
  for (const Record& record : answer.records) show(record.name, record.document);
  return true;
}

std::vector<std::string> IdentityPlane::names_within(const std::string& begin,
                                                     const std::string& end) const {
  std::vector<std::string> names;
  const auto cursor = store_.cursor(begin, end);
  for (cursor->seek(begin); cursor->valid(); cursor->next()) {
    names.emplace_back(cursor->key().substr(kRecords.size()));
  }
  return names;
}

/// A page is all there is between its two names: what else the store has there is gone. The
/// position stands only after the last page; until then every record is as it was heard or as it
/// was before, and a process that dies in between asks for everything again.
bool IdentityPlane::take_page(const Answer& answer) {
  const bool first = answer.from->empty();
  const bool follows = first || (pages_ && !anew_ && *answer.from == pages_->next &&
                                 answer.position.feed == pages_->position.feed &&
                                 answer.position.version == pages_->position.version);
  if (!follows) return false;
  const std::string begin = first ? std::string(kRecords) : after(*answer.from);
  const std::string end = answer.next ? after(*answer.next) : store::prefix_end(kRecords);
  std::vector<std::string> before = names_within(begin, end);
  store::WriteBatch batch;
  batch.erase_range(begin, end);
  for (const Record& record : answer.records) {
    if (record.document) batch.put(key_of(record.name), json::to_text(*record.document));
  }
  if (!answer.next) {
    batch.put(kPosition, json::to_text(json::object{{"Feed", answer.position.feed},
                                                    {"Version", answer.position.version}}));
  }
  store_.write(std::move(batch));
  std::set<std::string_view> there;
  for (const Record& record : answer.records) there.insert(record.name);
  for (const std::string& name : before) {
    if (!there.contains(name)) show(name, std::nullopt);
  }
  for (const Record& record : answer.records) show(record.name, record.document);
  if (answer.next) {
    pages_ = Pages{answer.position, *answer.next};
  } else {
    position_ = answer.position;
    pages_.reset();
  }
  return true;
}

void IdentityPlane::show(const std::string& name, const std::optional<json::object>& document) {
  if (!is_key(name)) return;
  const std::string id = name.substr(name.find('/') + 1);
  const KeyMint& mint = ring_.mint();
  // Nobody's but IAM's and STS's: the root's and the functions' keys are not global's to tell.
  if (!mint.made(id, KeyMint::kIdentities)) return;
  if (!document) return ring_.erase(id);
  KeyRing::Key key{.secret = mint.secret_of(id), .arn = json::string_or(*document, "Arn")};
  bool alive = json::string_or(*document, "Status") == "Active";
  if (name.starts_with(kSessions)) {
    key.expires_s = json::int_or(*document, "Expiration", 0);
    key.session_token = mint.token_of(id, key.expires_s);
    alive = key.expires_s > 0;  // 0 would be for ever
  }
  if (alive && !key.arn.empty()) return ring_.set(id, std::move(key));
  ring_.erase(id);
}

}  // namespace tandem::service
