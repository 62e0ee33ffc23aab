// A resource type as data: which operations of its service make, read, change and remove it, and
// how properties become their parameters. RowHandler interprets it; what a type has of its own is a
// hook.
//
// Three small languages, all without spaces inside a word:
//
// A *template* is text with variables: {id} the physical id, {region}, {account}, {item} the item
// of a part's list, {@Name} an attribute, {Name} a property ({Name|none}: or that text without it).
//
// A *request* is words, each of which sets a parameter:
//   Name            the property, under its own name as the service spells it (name, Name)
//   stage=Name      the property under that name; "Name.Part" a part of it, "item.Part" of the item
//   stage=Name|x    the property, or x when there is none
//   stage=Name?x    the property, or x when there was one before and there is none now
//   stage=Name&x    x when there is such a property
//   stage={id}      a template
//   stages=[{id}]   a list of that one text
//   on=:true        what follows the colon
//   a/b=Name        the parameter b within a
//   a[]=Name        the property as the only item of a list
//   *=Name          the members of the property, each as a parameter
// Parts of properties are renamed as the service spells them, too; a JSON document becomes its
// text.
//
// A *path* leads through an answer: "Role.Arn", "items[path=/].id" (the item whose member is
// equal).
#pragma once

#include <span>
#include <string_view>

#include "services/cloudformation/resources/common.h"

namespace tandem::cloudformation {

/// What a resource consists of besides itself: set by calls of its own. What a part asks for before
/// and after is compared as requests: what is gone is dropped, what is new or different is put.
struct Part {
  std::string_view property;  ///< whose presence makes the part; empty: it is always there
  bool each = false;          ///< a list, of which every item is one
  std::string_view put;       ///< operation
  std::string_view request;
  std::string_view drop;  ///< operation; empty: cannot be dropped
  std::string_view drop_request;
  /// kUpdates: the creation has set it already.
  enum class When { kAlways, kUpdates } when = When::kAlways;
  bool renews = false;  ///< what is different is dropped first
  bool waits = false;   ///< until the resource is ready again
  /// More of the request, when the property differs.
  json::object (*more)(const json::object& before, const json::object& after) = nullptr;
  std::string_view payload = {};  ///< the request's member that travels beside it, as content says
  /// Completes the request, too, which lives until it is done.
  Task<std::string> (*content)(HandlerContext& context, json::object properties,
                               json::object* request) = nullptr;
};

struct TagStyle {
  enum class Form { kMap, kList } form = Form::kMap;
  std::string_view create;  ///< the parameter of the creation; empty: tagged afterwards
  bool system = false;      ///< the creation takes CloudFormation's own tags, too
  std::string_view tag;     ///< operations; the same one when it does both
  std::string_view untag;
  std::string_view target;  ///< request that names the resource
  std::string_view set;     ///< parameters of tags and keys
  std::string_view unset;
  std::string_view property = "Tags";
};

struct Row {
  std::string_view type;
  std::string_view service;
  SchemaUse use = {};                ///< serves: what hooks read; words name the rest
  std::string_view renames = {};     ///< words Part=Name: how the service calls parts of properties
  std::string_view name = {};        ///< the property by which templates name the resource
  std::string_view identifier = {};  ///< what tells one from another; empty: cannot be imported
  bool name_alone = false;           ///< so does the name, whatever the identifier is
  std::string_view needs = {};       ///< a property without which it is not made
  std::string_view needs_text = {};  ///< the refusal then
  std::string_view attributes = {};  ///< Name=path of an answer, or Name=template

  std::string_view id = {};     ///< template; empty, or without its property: a generated name
  std::size_t longest = 128;    ///< of a generated name
  bool lower = false;           ///< generated names are in small letters
  bool bare = false;            ///< ids are given without the path before them
  std::string_view made = {};   ///< path to the id that the service chose
  std::string_view names = {};  ///< the parameter of such a one that gets a generated name
  std::string_view token =
      {};  ///< the parameter that takes a text by which the made is found again

  std::string_view create = {};  ///< operation; empty: it consists of its parts
  std::string_view request = {};
  std::string_view address = {};  ///< request that names it in other calls
  std::string_view read = {};
  std::string_view read_request = {};  ///< when it is not the address
  std::string_view found = {};         ///< path to it in the answer; without it there is none
  std::string_view read_id = {};       ///< path to its id in the answer: it was asked for otherwise
  bool reads_back = false;             ///< what can be known of it is read after its creation
  bool asks_first = false;             ///< whether it is there already: its name is not its own
  /// Template: the refusal then; empty: the service's own, as its creation does not replace. With
  /// kNotThereYet it is what the creation is refused with that gives what was there already.
  std::string_view taken = {};

  /// What became of an intended resource (Handler::find).
  enum class Find {
    kAsIntended,
    kByOwnTags,    ///< read again: it is ours with CloudFormation's tags
    kByTags,       ///< the one in the listing that has CloudFormation's tags
    kByToken,      ///< the one in the listing that was made with the token
    kNotThereYet,  ///< the one in the listing that was not there before
  } find = Find::kAsIntended;
  std::string_view listing = {};  ///< operation
  std::string_view listing_request = {};
  std::string_view listed = {};     ///< member with the items
  std::string_view listed_id = {};  ///< of an item; empty: its "id" or "Id"
  std::string_view alike = {};      ///< request whose members the item must have

  /// kRemake: removed and made again. kPut: made again over itself.
  enum class Update { kParts, kRemake, kPut } update = Update::kParts;
  std::string_view patch = {};  ///< operation that takes patchOperations
  /// Words path=Property[|default]. What the value of the path is follows from the property's type;
  /// a path that ends with ! is that of the old value.
  std::string_view patches = {};
  bool patches_new = false;  ///< more_patches applies after the creation, too
  std::span<const Part> parts = {};
  TagStyle tags = {};

  std::string_view remove = {};   ///< operation; empty: it goes with its parts
  bool drops_parts = false;       ///< before removal
  std::string_view owner = {};    ///< an attribute: what has another one is not the stack's
  bool waits_until_gone = false;  ///< after removal
  std::string_view busy = {};     ///< words path=value, path!value: not ready
  std::string_view failed = {};   ///< words path=value:path-of-the-reason

  // What a type has of its own.
  void (*check)(const json::object& properties) = nullptr;
  void (*complete)(const HandlerContext& context, json::object& request) = nullptr;
  void (*more_patches)(Patch& patch, const json::object& before,
                       const json::object& after) = nullptr;
  Task<void> (*before_remove)(HandlerContext& context, Physical physical,
                              json::object properties) = nullptr;

  bool has_code() const {
    return check != nullptr || complete != nullptr || more_patches != nullptr ||
           before_remove != nullptr ||
           std::any_of(parts.begin(), parts.end(), [](const Part& part) {
             return part.more != nullptr || part.content != nullptr;
           });
  }
};

/// The type that a row describes. The row must live as long as the program.
ResourceType type_of(const Row& row);

}  // namespace tandem::cloudformation
