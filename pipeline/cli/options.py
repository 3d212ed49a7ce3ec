"""Options of models (`pipeline.options`) as parameters of commands, for typer, and of flows, for Prefect."""

import functools
from collections.abc import Callable
from inspect import Parameter, Signature, signature
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from outputs.strict_model import StrictModel, describe
from pipeline.cli.terminal import plain_errors
from pipeline.options import Option, options_of

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document (docs/json-output.md).")]
Models = type[StrictModel]


def with_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """A command for typer: each parameter whose type is a model is replaced by the model's options.

    A model as the parameter's default gives the defaults of its options. `inspect.unwrap` gives the command as written.
    """
    return _expanded(command, _as_option, _from_options)


def with_fields(flow: Callable[..., Any]) -> Callable[..., Any]:
    """The same for a flow: its parameters are the fields of the models, with their names and types."""
    return _expanded(flow, _as_field, lambda model, _, given: model(**given))


def _expanded(
    function: Callable[..., Any],
    written: Callable[[Models, Option], Parameter],
    build: Callable[[Models, tuple[Option, ...], dict[str, Any]], StrictModel],
) -> Callable[..., Any]:
    models = {p.name: p.annotation for p in signature(function).parameters.values() if _is_model(p.annotation)}
    options: dict[str, tuple[Option, ...]] = {}
    parameters: list[Parameter] = []
    for name, parameter in signature(function).parameters.items():
        if name not in models:
            parameters.append(parameter)
            continue
        options[name] = options_of(models[name], None if parameter.default is Parameter.empty else parameter.default)
        parameters += [written(models[name], option) for option in options[name]]
    expanded = Signature(sorted(parameters, key=lambda parameter: parameter.kind))

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        bound = expanded.bind(*args, **kwargs)
        bound.apply_defaults()
        values = dict(bound.arguments)
        for name, model in models.items():
            given = {option.field: values.pop(option.field) for option in options[name]}
            values[name] = build(model, options[name], {k: value for k, value in given.items() if value is not None})
        return function(**values)

    call.__annotations__ = {name: parameter.annotation for name, parameter in expanded.parameters.items()}
    setattr(call, "__signature__", expanded)  # noqa: B010
    return call


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, StrictModel)


def _as_option(_: Models, option: Option) -> Parameter:
    single: Any = option.kind
    kind: Any = list[single] if option.several else single
    annotation: Any = Annotated[
        kind | None if option.default is None else kind,
        typer.Option(
            option.spelling,
            min=option.least,
            max=option.most,
            exists=option.file,
            dir_okay=not option.file,
            help=option.help,
        ),
    ]
    return Parameter(option.field, Parameter.KEYWORD_ONLY, default=_default(option), annotation=annotation)


def _default(option: Option) -> Any:
    """The default for typer, as it is printed in the help: 1800, not 1800.0."""
    if option.several:
        return list(option.default)
    if isinstance(option.default, float) and option.default.is_integer():
        return int(option.default)
    return not option.default if option.off else option.default


def _from_options(model: Models, options: tuple[Option, ...], given: dict[str, Any]) -> StrictModel:
    """Build the model; raises typer's BadParameter for a value that the field does not allow, such as nan."""
    known = {option.field: option for option in options}
    several = {field: tuple(value) for field, value in given.items() if known[field].several}
    off = {field: not value for field, value in given.items() if known[field].off}
    try:
        with plain_errors():
            return model(**given | several | off)
    except ValidationError as error:
        wrong = [known[str(fault["loc"][0])].spelling for fault in error.errors() if fault["loc"]]
        raise typer.BadParameter(describe(error), param_hint=", ".join(wrong)) from None


def _as_field(model: Models, option: Option) -> Parameter:
    annotation: Any = model.model_fields[option.field].rebuild_annotation()
    annotation = annotation | None if option.default is None else annotation
    return Parameter(option.field, Parameter.KEYWORD_ONLY, default=option.default, annotation=annotation)
